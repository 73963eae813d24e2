"""Failed sentences are tried again on the passages that fit, or left out."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from retrieval.errors import ModelUnavailable
from retrieval.library import Library
from serving import citations, prompts
from serving.answer import ask_matter
from serving.grammar import sentence_grammar
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.memo import headings_in_order
from serving.repair import EMPTY, FAILED, MOST, TOKENS, mended, repaired, without_failed
from serving.sources import source_of
from tests.serving.test_grammar import regex

PASSAGES = (
    prompts.Excerpt("note.txt", 1, "The roof leaked on September 11, 2023."),
    prompts.Excerpt("docket.txt", 1, "Discovery closes on September 20, 2024."),
    prompts.Excerpt("lease.txt", 1, "Base Rent is $15,200.00 a month, due on the first day."),
)
GROUND = [source_of(one.shown) for one in PASSAGES]
TEXT = """QUESTION PRESENTED
What is the rent?

BRIEF ANSWER
Base Rent is $16,000.00 a month [1].

FACTS
Discovery closes on September 20, 2024 [2]. The roof leaked on September 12, 2023 [1].

DISCUSSION
It is due.

CONCLUSION
Rent is due."""


class Writing:
    """Writes what it is told to, and keeps what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked: list[Sequence[prompts.Message]] = []

    def __call__(self, messages: list[prompts.Message], grammar: str) -> str:
        self.asked.append(messages)
        text = self.texts.pop(0)
        assert regex(grammar).fullmatch(text)
        return text


def tried(*texts: str) -> tuple[str, int, Writing]:
    write = Writing(*texts)
    text, held = repaired(TEXT, citations.check(TEXT, GROUND), PASSAGES, GROUND, write)
    return text, held, write


def test_what_holds_takes_the_place_of_what_failed() -> None:
    """Asked on two passages, from the last sentence on; numbers are the memorandum's again."""
    roof = "The roof leaked on September 11, 2023 [1]."
    text, held, write = tried(roof, "Rent is $15,200.00 [1].")
    assert held == 2
    assert text == TEXT.replace("The roof leaked on September 12, 2023 [1].", roof).replace(
        "Base Rent is $16,000.00 a month [1].", "Rent is $15,200.00 [3]."
    )
    assert all(one.verdict in ("verified", "reasoning") for one in citations.check(text, GROUND))
    (_, first), (_, second) = write.asked
    assert "[1] note.txt" in first["content"]
    assert "[1] lease.txt" in second["content"]
    assert "[3]" not in second["content"]


@pytest.mark.parametrize(
    "new", ["Rent is $17,000.00 [1].", "Rent is high.", "It is $15,200.00 [2]."]
)
def test_what_fails_again_stays_as_it_was(new: str) -> None:
    text, held, _ = tried("The roof is wet.", new)
    assert (text, held) == (TEXT, 0)


def test_a_model_that_stops_leaves_the_memorandum() -> None:
    roof = "The roof leaked on September 11, 2023 [1]."
    written = iter([roof])

    def write(messages: list[prompts.Message], grammar: str) -> str:
        for text in written:
            return text
        raise ModelUnavailable("the model stopped")

    found = mended(TEXT, citations.check(TEXT, GROUND), PASSAGES, GROUND, write, drop=False)
    assert found.text == TEXT.replace("The roof leaked on September 12, 2023 [1].", roof)
    assert found.figures["repaired"] == 1


def test_few_are_tried() -> None:
    many = "\n\n".join(f"Rent was ${number},000.00 [1]." for number in range(20, 40))
    write = Writing(*["None of it."] * MOST)
    text, held = repaired(many, citations.check(many, GROUND), PASSAGES, GROUND, write)
    assert (text, held, write.texts) == (many, 0, [])


def test_failed_sentences_are_left_out() -> None:
    text = without_failed(TEXT, citations.check(TEXT, GROUND))
    assert headings_in_order(text)
    assert f"BRIEF ANSWER\n{EMPTY}\n\nFACTS\nDiscovery closes on September 20, 2024 [2].\n" in text
    assert "$16,000.00" not in text
    assert "September 12" not in text
    whole = TEXT.replace("[1]", "[9]").replace("Rent is due", "It is $3.00 [1]")
    text = without_failed(whole, citations.check(whole, GROUND))
    assert text.endswith(f"CONCLUSION\n{EMPTY}")


@pytest.mark.parametrize("drop", [False, True])
def test_what_was_cut_off_or_corrected_stays_known(drop: bool) -> None:
    checked = [
        replace(one, verdict="unchecked", reason="cut off")
        if "due" in TEXT[one.start : one.end]
        else replace(one, corrected_from=(3,))
        if "Discovery" in TEXT[one.start : one.end]
        else one
        for one in citations.check(TEXT, GROUND)
    ]
    assert [one.verdict for one in checked].count("unchecked") == 2
    now = mended(TEXT, checked, PASSAGES, GROUND, None, drop=drop)
    said = {now.text[one.start : one.end]: one for one in now.sentences}
    assert said["It is due."].verdict == said["Rent is due."].verdict == "unchecked"
    assert said["It is due."].reason == "cut off"
    discovery = said["Discovery closes on September 20, 2024 [2]."]
    assert (discovery.verdict, discovery.corrected_from) == ("verified", (3,))


def test_llama_cpp_writes_one_line(engine: LlamaCpp) -> None:
    rules = sentence_grammar(2)
    asked = prompts.messages("What do the passages say of this? The rent is high.", PASSAGES[:2])
    text = engine.chat_model(None, max_tokens=TOKENS, grammar=rules).invoke(asked).text
    assert regex(rules).fullmatch(text)
    assert not re.search(r"\n", text)


def test_answer_without_what_failed(small: Library, engine: LlamaCpp) -> None:
    answer = ask_matter(
        small,
        "oven",
        "What is the rent?",
        engine,
        How(adapter=None, k=2, max_tokens=100, retry=True, drop=True),
    )
    assert answer.complete
    assert not {one.verdict for one in answer.sentences} & FAILED
    assert answer.receipt["repair_seconds"] >= 0
    assert {"repaired", "left_out"} <= {*answer.receipt}
