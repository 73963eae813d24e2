"""A base model's name -> its checkpoint's folder and its identity; what is not here is refused."""

from pathlib import Path

import pytest

from retrieval.errors import ModelUnavailable
from training.checkpoint import find_base

COMMIT = "c0ffee" * 6 + "abcd"


def checkpoint(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_folder_is_known_by_its_contents(tmp_path: Path) -> None:
    one, same = checkpoint(tmp_path / "one"), checkpoint(tmp_path / "same")
    other = checkpoint(tmp_path / "other", b"others")
    found = [find_base(str(folder), tmp_path) for folder in (one, same, other)]
    assert [base.name for base in found] == ["one", "same", "other"]
    assert [base.folder for base in found] == [one, same, other]
    assert found[0].sha256 == found[1].sha256 != found[2].sha256
    assert found[0].card == {"name": "one", "sha256": found[0].sha256}


def test_hub_id_is_found_in_the_cache_with_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = tmp_path / "hub" / "models--maker--llama"
    blob = hub / "blobs" / ("ab" * 32)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"weights")
    snapshot = checkpoint(hub / "snapshots" / COMMIT)
    (snapshot / "model.safetensors").unlink()
    (snapshot / "model.safetensors").symlink_to(blob)
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    base = find_base("maker/llama", tmp_path)
    assert (base.folder, base.revision) == (snapshot, COMMIT)
    assert base.card == {"name": "maker/llama", "sha256": base.sha256, "revision": COMMIT}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "maker/none",
            "HF_HUB_OFFLINE is set; fetch it with `hf download maker/none`",
        ),
        ("empty", "it has no config.json"),
        ("bare", r"it has no \*\.safetensors"),
        ("pickled", "pickled weights are not loaded"),
        ("smollm3", "no such base model"),
        ("maker/none.gguf", "no such GGUF file"),
        ("", "no such base model"),
    ],
)
def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    Path("empty").mkdir()
    for folder in ("bare", "pickled"):
        (checkpoint(Path(folder)) / "model.safetensors").unlink()
    Path("pickled/pytorch_model.bin").write_bytes(b"\x80")
    with pytest.raises(ModelUnavailable, match=words) as refused:
        find_base(name, tmp_path)
    assert "\n" not in str(refused.value)
