"""The prompt: every passage is in it, numbered from 1, and its form has a fingerprint."""

import pytest

from serving import prompts
from serving.prompts import HEADINGS, Excerpt, fingerprint, messages

EXCERPTS = [
    Excerpt("lease.pdf", 3, "\nBase Rent is $15,200.00.\n"),
    Excerpt("note.txt", 1, "The roof leaked."),
]


def test_passages_are_numbered_from_one_in_their_order() -> None:
    system, user = messages("  Who pays?\n", EXCERPTS)
    assert (system["role"], user["role"]) == ("system", "user")
    assert user["content"] == (
        "Passages:\n\n[1] lease.pdf, p. 3\nBase Rent is $15,200.00.\n\n"
        "[2] note.txt, p. 1\nThe roof leaked.\n\nQuestion: Who pays?"
    )


def test_without_passages_nothing_is_said_of_passages() -> None:
    system, user = messages("Who pays?", [])
    assert user["content"] == "Question: Who pays?"
    assert "passage" not in system["content"].lower()


def test_system_prompt_names_every_heading() -> None:
    for excerpts in ([], EXCERPTS):
        system, _ = messages("Who pays?", excerpts)
        assert all(heading in system["content"] for heading in HEADINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("SYSTEM", "Other words."), ("HEADINGS", ("FACTS",))],
)
def test_fingerprint_follows_the_form(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    before = fingerprint()
    assert before == fingerprint()
    monkeypatch.setattr(prompts, name, value)
    assert fingerprint() != before
