"""What was asked is kept for who asked, and goes with the matter and with its documents."""

from pathlib import Path

import pytest

from retrieval.errors import UnknownMatter
from retrieval.library import Library
from retrieval.scope import EVERYWHERE
from retrieval.search import search
from serving.answered import Answer
from serving.citations import CheckedSentence
from ui import history
from ui.history import Turn, Writer

ME, OTHER = "ada@example.org", "bob@example.org"
QUESTION = "When did the roof leak?"


def asked(library: Library, user: str = ME) -> Turn:
    return history.begin(
        library,
        "oven",
        user,
        typed=QUESTION,
        question=QUESTION,
        earlier=["Who owns the roof?"],
        conversation="",
        writers=[Writer(None, True)],
        anyway=False,
        scope=EVERYWHERE,
    )


def answer_from(library: Library, document: str) -> Answer:
    given = tuple(
        one.passage
        for one in search(library, "oven", QUESTION, 3)
        if one.passage.document == document
    )
    sentence = CheckedSentence(0, 6, (1,), "verified", "")
    return Answer(QUESTION, "A leak.", given, (sentence,), {"matter": "oven"})


def test_an_answer_is_found_again_as_it_was(library: Library) -> None:
    turn, answer = asked(library), answer_from(library, "note.txt")
    history.keep_passages(library, turn, 1, answer.passages)
    assert not turn.ended
    history.keep_answer(library, turn, 1, answer)
    (found,) = history.turns(Library(library.home).home, "oven", ME)
    assert (found, found.answers, found.ended) == (turn, {1: answer}, True)
    assert found.found(1) == answer.passages


def test_it_is_nobody_elses(library: Library, home: Path) -> None:
    turn = asked(library)
    history.keep_answer(library, turn, 1, answer_from(library, "note.txt"))
    assert history.turns(home, "oven", OTHER) == []
    assert history.turns(home, "other", ME) == []
    for matter, user, name in (
        ("oven", OTHER, turn.id),
        ("other", ME, turn.id),
        ("oven", OTHER, f"../{turn.folder.parent.name}/{turn.id}"),
    ):
        with pytest.raises(history.TurnGone):
            history.read(home, matter, user, name)
    for kept in (turn.folder, *turn.folder.iterdir()):
        assert kept.stat().st_mode & 0o077 == 0
    # A name is no folder's name: it may hold anything.
    assert ME not in str(turn.folder)


def test_what_rests_on_a_document_goes_with_it(library: Library, home: Path) -> None:
    gone, stays = asked(library), asked(library, OTHER)
    history.keep_answer(library, gone, 1, answer_from(library, "note.txt"))
    history.keep_answer(library, stays, 1, answer_from(library, "lease.txt"))
    library.delete_document("oven", "note.txt")
    assert history.turns(home, "oven", ME) == []
    assert len(history.turns(home, "oven", OTHER)) == 1


def test_an_answer_that_runs_brings_no_deleted_document_back(library: Library, home: Path) -> None:
    turn, answer = asked(library), answer_from(library, "note.txt")
    library.delete_document("oven", "note.txt")
    for keep in (
        lambda: history.keep_passages(library, turn, 1, answer.passages),
        lambda: history.keep_answer(library, turn, 1, answer),
    ):
        with pytest.raises(history.TurnGone):
            keep()
    assert list(turn.folder.glob("*-1.json")) == []


def test_it_goes_with_the_matter(library: Library, home: Path) -> None:
    turn, answer = asked(library), answer_from(library, "note.txt")
    library.delete_matter("oven")
    assert history.turns(home, "oven", ME) == []
    with pytest.raises(UnknownMatter):
        history.keep_answer(library, turn, 1, answer)
    with pytest.raises(UnknownMatter):
        asked(library)
    assert not (home / "matters" / "oven").exists()
