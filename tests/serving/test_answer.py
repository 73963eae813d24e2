"""ask(): the real index, a scripted model, and what the check makes of its memorandum."""

import hashlib
import json
from typing import Any

import pytest

from retrieval.errors import ModelUnavailable, UnknownMatter
from retrieval.library import Library
from retrieval.search import EmptyQuestion, search
from serving import prompts
from serving.answer import ask, ask_matter
from serving.answered import Answer
from serving.grammar import most_steps
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.writing import memo_chain
from tests.serving.scripted import Scripted, says

QUESTION = "When does the term begin, and what is the rent?"
MEMORANDUM = """QUESTION PRESENTED
When does the term begin?

BRIEF ANSWER
On June 1, 2019 [1]. Rent is $16,000.00 [1].

FACTS
The term expires on May 31, 2024.

DISCUSSION
A deposit was paid [9].

CONCLUSION
The term has begun."""


def asked(library: Library, model: Scripted, **others: Any) -> Answer:
    passages = search(library, "oven", QUESTION, 3)
    return ask(QUESTION, passages=passages, model=model, receipt={"matter": "oven"}, **others)


def test_each_sentence_has_its_verdict(small: Library) -> None:
    answer = asked(small, says(MEMORANDUM))
    assert answer.text == MEMORANDUM
    assert answer.complete
    assert [(answer.text[one.start : one.end], one.verdict) for one in answer.sentences] == [
        ("When does the term begin?", "reasoning"),
        ("On June 1, 2019 [1].", "verified"),
        ("Rent is $16,000.00 [1].", "unsupported"),
        ("The term expires on May 31, 2024.", "uncited"),
        ("A deposit was paid [9].", "invalid"),
        ("The term has begun.", "reasoning"),
    ]


def test_sentence_that_the_grammar_ended_is_left_out_or_not_verified(
    small: Library,
) -> None:
    """Half a sentence may have every word of its passage, and say the contrary."""
    began = "CONCLUSION\nThe initial term begins on June 1, 2019 [1]."
    room = most_steps("CONCLUSION", 640)
    cut = f"Rent is{' so' * room} $15,200.00 [1]."
    bound = asked(small, says(f"{began} {cut}"), bound_to=640)
    assert (bound.text, bound.receipt["cut"]) == (began, 1)
    free = asked(small, says(f"{began} {cut}"))
    assert (len(free.sentences), free.receipt["cut"]) == (2, 0)
    (alone,) = asked(small, says(f"CONCLUSION\n{cut}"), bound_to=640).sentences
    assert alone.verdict == "unchecked"
    assert alone.reason.startswith("the section had all the room")
    assert [one.verdict for one in asked(small, says(began), bound_to=640).sentences] == [
        "verified"
    ]


def test_wrong_citation_is_corrected_and_the_receipt_says_so(small: Library) -> None:
    found = [one.passage for one in search(small, "oven", QUESTION, 3)]
    # The first passage, word for word up to its first stop, under the second's number.
    said = " ".join(found[0].text.split()).partition(".")[0]
    answer = asked(small, says(f"FACTS\n{said} [2]."))
    (sentence,) = [one for one in answer.sentences if one.corrected_from]
    assert answer.text.endswith("[1].")
    assert (sentence.verdict, sentence.citations, sentence.corrected_from) == (
        "verified",
        (1,),
        (2,),
    )
    assert answer.receipt["verdicts"] == {"verified": 1}
    assert answer.receipt["corrections"] == [{"cited": [2], "supported_by": [1]}]
    assert sentence.spans[0].number == 1
    assert answer.receipt["check_seconds"] >= 0


def test_model_is_sent_the_passages_as_the_answer_numbers_them(small: Library) -> None:
    model = says(MEMORANDUM)
    answer = asked(small, model)
    ((system, user),) = model.sent
    assert system.text == prompts.SYSTEM
    for number, passage in enumerate(answer.passages, start=1):
        shown = f"[{number}] {passage.document}, p. {passage.page}\n{passage.text.strip()}"
        assert shown in user.text
    assert answer.passages[0].document == "lease.txt"


def test_text_is_streamed_as_it_is_written(small: Library) -> None:
    parts: list[str] = []
    answer = asked(small, says(MEMORANDUM), on_text=parts.append)
    assert len(parts) > 20
    assert "".join(parts) == answer.text


def test_links_are_taken_out_before_anyone_sees_them(small: Library) -> None:
    parts: list[str] = []
    written = "See [the lease](http://evil.example/x) [1] at freegame.example now."
    answer = asked(small, says(written), on_text=parts.append)
    assert "".join(parts) == answer.text == "See the lease [1] at  now."
    assert answer.receipt["taken_out"] == {"link": 1, "address": 1}


def test_memo_chain_streams() -> None:
    chain = memo_chain(says("Rent is due [1]."))
    excerpt = prompts.Excerpt("lease.txt", 1, "Rent is due.")
    parts = list(chain.stream({"question": QUESTION, "excerpts": [excerpt]}))
    assert len(parts) > 3
    assert "".join(part.text for part in parts) == "Rent is due [1]."


def test_receipt_says_what_made_the_answer_and_holds_no_text(small: Library) -> None:
    answer = asked(small, says(MEMORANDUM))
    receipt = answer.receipt
    assert receipt["matter"] == "oven"
    assert receipt["prompt"] == prompts.fingerprint()
    assert receipt["question_sha256"] == hashlib.sha256(QUESTION.encode()).hexdigest()
    assert receipt["passages"] == [
        {"id": one.id, "document": one.document_id, "start": one.start, "end": one.end}
        for one in answer.passages
    ]
    written = json.dumps(receipt)
    assert not any(word in written for word in ("June", "rent", "lease.txt"))


@pytest.mark.parametrize("text", ["", "One of two begins"])
def test_model_error_becomes_model_unavailable(small: Library, text: str) -> None:
    parts: list[str] = []
    broken = says(text, breaks=ConnectionError("refused"))
    with pytest.raises(ModelUnavailable, match=r"ConnectionError: refused.*casewright search"):
        asked(small, broken, on_text=parts.append)
    assert "".join(parts) == text


def test_error_of_the_caller_is_not_the_model_s(small: Library) -> None:
    def fail(text: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(small, says(MEMORANDUM), on_text=fail)


@pytest.mark.parametrize("text", [" \n", "I cannot say."])
def test_memorandum_without_its_headings_is_not_complete(small: Library, text: str) -> None:
    assert not asked(small, says(text)).complete


def test_ask_matter_with_the_packaged_model(small: Library, engine: LlamaCpp) -> None:
    found: list[str] = []
    answer = ask_matter(
        small,
        "oven",
        QUESTION,
        engine,
        How(adapter=None, k=2, max_tokens=24),
        on_passages=lambda ranked: found.extend(one.passage.id for one in ranked),
    )
    assert answer.text
    assert [one.id for one in answer.passages] == found
    assert len(found) == 2
    assert answer.receipt["base_sha256"] == engine.base.sha256
    assert answer.receipt["adapter"] is None
    assert 0 < answer.receipt["first_token_seconds"] <= answer.receipt["seconds"]
    assert answer.receipt["tokens_per_second"] > 0


def test_ask_matter_without_retrieval_gives_the_model_no_passage(
    small: Library, engine: LlamaCpp
) -> None:
    answer = ask_matter(
        small, "oven", QUESTION, engine, How(adapter=None, k=2, max_tokens=8, retrieve=False)
    )
    assert answer.passages == ()
    assert answer.receipt["passages"] == []


def test_prompt_longer_than_the_context(small: Library, engine: LlamaCpp) -> None:
    with pytest.raises(ModelUnavailable, match="the model did not answer"):
        ask_matter(small, "oven", "rent " * 4000, engine, How(adapter=None, k=1, max_tokens=8))


@pytest.mark.parametrize(
    ("matter_id", "question", "error"),
    [("nobody", QUESTION, UnknownMatter), ("oven", " ?", EmptyQuestion)],
)
def test_no_answer_without_ground(
    small: Library, engine: LlamaCpp, matter_id: str, question: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask_matter(small, matter_id, question, engine, How(adapter=None, k=2, max_tokens=8))


def test_adapter_that_the_engine_does_not_have_is_not_answered_by_the_base(
    small: Library, engine: LlamaCpp
) -> None:
    with pytest.raises(ModelUnavailable, match="memo-0123"):
        ask_matter(small, "oven", QUESTION, engine, How(adapter="memo-0123", k=2, max_tokens=8))
