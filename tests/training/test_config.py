"""Training configurations: those that ship are read, and a bad one says what is wrong with it."""

from pathlib import Path

import pytest

from training.config import CONFIGS, BadConfig, TrainingConfig, read_config

SHIPPED = sorted(file.name for file in CONFIGS.glob("*.toml"))


def test_some_ship() -> None:
    names = "demo smollm2-cpu llama-3.2-1b llama-3.2-3b llama-3.1-8b llama-3.1-70b"
    assert set(SHIPPED) == {f"{name}.toml" for name in names.split()}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configuration_is_read_by_path_and_by_name(name: str) -> None:
    assert read_config(CONFIGS / name) == read_config(Path(name))


def test_a_file_of_one_s_own_comes_before_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("demo.toml").write_text('name = "mine"\nlora = { rank = 4 }\n', encoding="utf-8")
    config = read_config(Path("demo.toml"))
    assert (config.name, config.lora.rank) == ("mine", 4)
    assert config.optimizer == TrainingConfig(name="mine").optimizer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "a"\n[lora]\nrnak = 8\n', "unknown key lora.rnak; did you mean rank?"),
        ('name = "a"\nsede = 8\n', "unknown key sede; did you mean seed?"),
        ('name = "a"\n[optimiser]\nepochs = 1\n', "unknown key optimiser; did you mean optimizer?"),
        (
            'name = "a"\n[optimizer]\nlr = 1\n',
            "unknown key optimizer.lr; known keys: learning_rate",
        ),
        ('name = "a"\n[lora]\nrank = 0\n', "lora.rank: "),
        ('name = "a"\n[lora]\nrank = "many"\n', "lora.rank: "),
        ('name = "a"\n[optimizer]\nlearning_rate = 5\n', "optimizer.learning_rate: "),
        ('name = "a"\n[run]\npatients = 2\n', "unknown key run.patients; did you mean patience?"),
        ('name = "a"\n[run]\npatience = 0\n', "run.patience: "),
        ('name = "A name/"\n', "name: "),
        ("seed = 7\n", "name: Field required"),
        ('name = "a"\nlora = 16\n', "lora: "),
        ("name = \n", "not a TOML file"),
        ("\udcff", "not a TOML file"),
    ],
)
def test_bad_configuration(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(BadConfig) as bad:
        read_config(file)
    message = str(bad.value)
    assert message.startswith(f"{file}: ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "key",
    ["modules_to_save", "use_dora", "dora", "use_rslora", "rslora", "trainable_token_indices"],
)
def test_what_no_server_serves_is_refused_with_the_reason(tmp_path: Path, key: str) -> None:
    file = tmp_path / "mine.toml"
    for table in ("", "[lora]\n"):
        file.write_text(f'name = "a"\n{table}{key} = true\n', encoding="utf-8")
        with pytest.raises(BadConfig) as bad:
            read_config(file)
        assert f"{key} is not offered: an adapter with it (" in str(bad.value)
        assert str(bad.value).endswith("is served neither by vLLM nor by llama.cpp; remove the key")


def test_missing_configuration_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=", ".join(SHIPPED)):
        read_config(tmp_path / "none.toml")
