"""Training examples: the file form, and what a bad line says."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from serving.prompts import Excerpt
from training.examples import Example, read_examples, write_examples
from training.jsonl import BadExamples

BODY = {
    "QUESTION PRESENTED": "Whether Quillfeather owes rent.",
    "BRIEF ANSWER": "Yes [1].",
    "FACTS": "Rent is $15,200.00 and was due on June 1, 2019 [1].",
    "DISCUSSION": "The lease governs [1]. The roof leaked [2].",
    "CONCLUSION": "Rent is due.",
}
GOOD = Example(
    id="lease-1",
    matter="lease",
    area="real property",
    split="train",
    answerable=True,
    question="Does Quillfeather owe rent?",
    passages=(
        Excerpt("Lease", 3, "Rent of $15,200.00 is due on June 1, 2019."),
        Excerpt("Note", 1, "The roof leaked."),
    ),
    memorandum="\n\n".join(f"{heading}\n{text}" for heading, text in BODY.items()),
)


def test_examples_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    examples = [GOOD, replace(GOOD, id="lease-2", question="¿Wer schuldet “Miete”?\u2028")]
    write_examples(file, examples)
    assert read_examples(file) == examples


def without(key: str) -> Callable[[dict[str, object]], object]:
    return lambda row: {name: value for name, value in row.items() if name != key}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("question"), "question"),
        (without("passages"), "passages"),
        (lambda row: row | {"colour": "red"}, "colour"),
        (lambda row: row | {"passages": [{"text": "x"}]}, "missing"),
        (lambda row: row | {"passages": None}, "not an example"),
        (lambda row: [row], "not a JSON object"),
        (lambda row: 7, "not a JSON object"),
    ],
)
def test_bad_line_is_named(
    tmp_path: Path, change: Callable[[dict[str, object]], object], words: str
) -> None:
    file = tmp_path / "examples.jsonl"
    write_examples(file, [GOOD])
    line = file.read_text(encoding="utf-8")
    file.write_text(f"{line}\n{json.dumps(change(json.loads(line)))}\n", encoding="utf-8")
    with pytest.raises(BadExamples, match=words) as bad:
        read_examples(file)
    assert str(bad.value).startswith(f"{file}, line 3: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        ("", "holds no example"),
        ("\n\n", "holds no example"),
        ("{", "line 1"),
    ],
)
def test_no_examples(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "examples.jsonl"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(BadExamples, match=words):
        read_examples(file)
