"""The Dockerfiles: what they copy is there, what they run as is nobody, nothing floats."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.docker.files import DOCKERFILES, ROOT, context, instructions

EACH = pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: str(file.stem))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_there_are_three() -> None:
    assert [file.name for file in DOCKERFILES] == [
        "app.Dockerfile", "trainer.Dockerfile", "vllm.Dockerfile",
    ]  # fmt: skip


@EACH
def test_what_is_copied_is_in_the_context(file: Path) -> None:
    copied = [one for one in instructions(file) if one.name == "COPY" and not one.flags]
    sources = {Path(source) for one in copied for source in one.args[:-1]}
    assert sources
    for source in sources:
        assert any(kept.is_relative_to(source) for kept in context()), source


def test_the_context_holds_code_and_nothing_else() -> None:
    tops = {file.parts[0] for file in context()}
    assert tops == {
        "LICENSE", "README.md", "constraints.txt", "models.txt", "pyproject.toml",
        "retrieval", "serving", "training", "ui",
    }  # fmt: skip
    assert not [
        file for file in context() if re.search(r"\.env|\.git|\.pem|\.pyc|\.key", str(file))
    ]


@EACH
def test_the_last_stage_runs_as_nobody(file: Path) -> None:
    parsed = instructions(file)
    last = max(at for at, one in enumerate(parsed) if one.name == "FROM")
    users = [one.args[0] for one in parsed[last:] if one.name == "USER"]
    assert users == ["10001:10001"]
    after = parsed[[one.name for one in parsed].index("USER", last) :]
    assert not [one for one in after if one.name in ("RUN", "COPY", "ADD")]


@EACH
def test_images_are_pinned_and_can_be_pinned_by_digest(file: Path) -> None:
    parsed = instructions(file)
    bases = dict(one.args[0].split("=", 1) for one in parsed if one.name == "ARG")
    for one in parsed:
        if one.name == "FROM":
            name = re.fullmatch(r"\$\{(\w+)\}", one.args[0])
            assert name is not None, "a base that no build argument replaces"
            assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", bases[name[1]])


@EACH
def test_packages_are_pinned_and_nothing_is_fetched_past_the_registry(file: Path) -> None:
    for one in instructions(file):
        assert one.name != "ADD"
        if one.name != "RUN":
            continue
        assert not re.search(r"curl|wget|git clone|https?://", one.args[0])
        for install in re.findall(r"pip install[^&]*", one.args[0]):
            assert "--constraint constraints.txt" in install or "--no-deps" in install


@EACH
def test_each_says_whether_it_is_well(file: Path) -> None:
    checks = [one for one in instructions(file) if one.name == "HEALTHCHECK"]
    assert len(checks) == 1
    assert checks[0].json or checks[0].args == ["NONE"]


@EACH
def test_no_secret_is_in_an_image(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"(?i)(api_?key|token|password|secret)\s*=", text)


def test_the_app_is_installed_without_training() -> None:
    (app,) = (file for file in DOCKERFILES if file.stem == "app")
    extras = re.findall(r'"\.\[([\w,]+)\]"', app.read_text(encoding="utf-8"))
    assert extras == ["otel"]
    heavy = {"torch", "transformers", "peft", "trl", "bitsandbytes", "vllm", "ray"}
    named = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["otel"]]
    assert heavy.isdisjoint(re.split(r"[^\w-]", one)[0] for one in named)


def test_versions_are_those_of_the_project() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in DOCKERFILES)
    assert set(re.findall(r"-t casewright-\w+:(\S+)", text)) == {PROJECT["version"]}
    (vllm,) = PROJECT["optional-dependencies"]["vllm"]
    assert f"vllm/vllm-openai:v{vllm.removeprefix('vllm==')}" in text
