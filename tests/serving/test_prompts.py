"""The prompt: every passage is in it, numbered from 1, and its form has a fingerprint."""

import pytest

from serving import prompts
from serving.house import HEADINGS, House
from serving.prompts import Excerpt, fingerprint, messages

EXCERPTS = [
    Excerpt("lease.pdf", 3, "\nBase Rent is $15,200.00.\n"),
    Excerpt("note.txt", 1, "The roof leaked."),
]


def test_passages_are_numbered_from_one_in_their_order() -> None:
    system, user = messages("  Who pays?\n", EXCERPTS)
    assert (system["role"], user["role"]) == ("system", "user")
    assert user["content"].startswith(
        "Passages:\n\n[1] lease.pdf, p. 3\nBase Rent is $15,200.00.\n\n"
        "[2] note.txt, p. 1\nThe roof leaked.\n\nQuestion: Who pays?\n"
    )


def test_without_passages_nothing_is_said_of_passages() -> None:
    system, user = messages("Who pays?", [])
    assert user["content"].startswith("Question: Who pays?\n")
    assert "passage" not in (system["content"] + user["content"]).lower()


@pytest.mark.parametrize("excerpts", [[], EXCERPTS])
def test_headings_are_asked_for_in_their_order(excerpts: list[Excerpt]) -> None:
    asked = "\n".join(message["content"] for message in messages("Who pays?", excerpts))
    places = [asked.index(heading) for heading in HEADINGS]
    assert places == sorted(places)


@pytest.mark.parametrize("house", [House((*HEADINGS[:4], "END")), House(register="Be brief.")])
def test_fingerprint_follows_the_house(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    before = fingerprint()
    assert before == fingerprint()
    monkeypatch.setattr(prompts, "house", lambda: house)
    assert fingerprint() != before


def test_fingerprint_follows_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(prompts, "SYSTEM", "Other words.")
    assert fingerprint() != before
