"""Settings and configurations with anything in them: one line says what is wrong, or they are used.

A variable of the environment can hold no NUL and, here, no lone surrogate that is not a byte's.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import CasewrightError
from serving.house import house, read_house
from tests.faults.extent import cases
from tests.faults.texts import LEGAL, ODD
from training.config import TrainingConfig, read_config
from ui.settings import (
    house_settings,
    library_settings,
    model_settings,
    server_address,
    vllm_server,
)

KEY = "sk-canary-5f1b"
VARIABLES = (
    [f"CASEWRIGHT_{name}" for name in ("HOME", "PASSAGES", "WORKERS", "BASE", "BASE_SHA256")]
    + [f"CASEWRIGHT_{name}" for name in ("CONTEXT", "MEMO_TOKENS", "GRAMMAR", "RETRY", "HOUSE")]
    + [f"CASEWRIGHT_{name}" for name in ("UNSUPPORTED", "THREADS", "TEMPLATE", "USER")]
    + [f"QDRANT_{name}" for name in ("URL", "CA_FILE", "TIMEOUT", "COLLECTION")]
    + [f"VLLM_{name}" for name in ("URL", "CA_FILE", "FIRST_TOKEN_SECONDS", "ALLOW_PLAIN_HTTP")]
)
VALUES = st.sampled_from(
    ["", "0", "-1", "1e999", "nan", "true", "no", "http://", "https://h:99999", "http://[::1",
     "http://127.0.0.1:8000", "//x", "~", "~nobody-here/x", "/proc/self/mem", "/dev/null", ".",
     "x" * 5000, "\udcff", "١", "http://u:p@127.0.0.1", "9" * 5000]
) | st.text(st.characters(exclude_categories=["Cs"], min_codepoint=1), max_size=9)  # fmt: skip


@cases(60)
@given(st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=4))
def test_variables(given_values: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QDRANT_API_KEY", KEY)
        patch.setenv("VLLM_API_KEY", KEY)
        for name, value in given_values.items():
            patch.setenv(name, value)
        house.cache_clear()
        for read in (library_settings, model_settings, house_settings, server_address, vllm_server):
            try:
                found = read()
            except CasewrightError as error:
                assert KEY not in str(error)
            else:
                assert KEY not in repr(found), "a key would stand in a log of this"
    house.cache_clear()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CASEWRIGHT_HOME", "~nobody-here/x"),
        ("CASEWRIGHT_HOUSE", "~nobody-here/x"),
        ("QDRANT_CA_FILE", "x" * 5000),
        ("VLLM_CA_FILE", "x" * 5000),
    ],
)
def test_found(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `test_variables` has found: each was a traceback."""
    monkeypatch.setenv(name, value)
    test_variables.hypothesis.inner_test({name: value})  # type: ignore[attr-defined]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(LEGAL + ODD)
    | st.text(max_size=20)
)  # fmt: skip


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else _key(str(value))


def _key(text: str) -> str:
    """A string of TOML where the text can be one; a lone surrogate stays, and makes a bad file."""
    escaped = "".join(
        f"\\u{ord(one):04x}" if ord(one) < 32 or one in '"\\\x7f' else one for one in text
    )
    return f'"{escaped}"'


KNOWN = ("headings", "register", "name", "base", "quantization", "seed", "lora", "data", "run")
TABLES = st.dictionaries(
    st.sampled_from((*KNOWN, "optimizer", "rank", "QUESTION PRESENTED", "FACTS"))
    | st.text(max_size=5),
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ("rank", "epochs", "learning_rate", "FACTS", "DISCUSSION", "use_dora")
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@cases(60)
@given(TABLES, st.binary(max_size=8))
def test_files(tmp_path: Path, table: dict[str, Any], damage: bytes) -> None:
    file = tmp_path / "some.toml"
    lines = "\n".join(f"{_key(key)} = {_toml(value)}" for key, value in table.items())
    for raw in (lines.encode(errors="surrogatepass"), lines.encode(errors="replace") + damage):
        file.write_bytes(raw)
        for read in (read_house, read_config):
            try:
                read(file)
            except CasewrightError as error:
                assert str(error).startswith(str(file))


@cases(40)
@given(st.sampled_from(["lora", "data", "optimizer", "run"]), st.text(max_size=8), SCALARS)
def test_known_tables_with_any_key(tmp_path: Path, table: str, key: str, value: Any) -> None:
    file = tmp_path / "some.toml"
    text = f'name = "x"\n[{table}]\n{_key(key)} = {_toml(value)}\n'
    file.write_text(text, encoding="utf-8", errors="replace")
    try:
        assert isinstance(read_config(file), TrainingConfig)
    except CasewrightError as error:
        assert "\n" not in str(error).removeprefix(str(file)) or key
