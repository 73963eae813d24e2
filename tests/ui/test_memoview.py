"""How verdicts and corrections are shown: in the app's nodes and under the command's memorandum."""

from collections.abc import Callable, Iterator

import pytest

from retrieval.documents import Passage
from serving import citations
from serving.answered import Answer
from serving.writing import source
from ui import memoview
from ui.printing import print_check
from ui.prose import Node

MakePassage = Callable[..., Passage]

MEMORANDUM = (
    "FACTS\nPetrakis telephoned the bakery about the roof [1]. Landlord must repair the roof [1]. "
    "Landlord must not repair the roof [1]. Landlord must repair the roof [1][2]."
)


@pytest.fixture
def answer(passage: MakePassage) -> Answer:
    given = (
        passage("Landlord must repair the roof at its cost."),
        passage("Petrakis telephoned the bakery about the roof."),
        passage("The deposit was returned."),
    )
    text = MEMORANDUM.replace("[1][2]", "[1][3]")
    text, sentences = citations.corrected(
        text, citations.check(text, [source(one) for one in given])
    )
    receipt = {"tokens_per_second": 1.0, "first_token_seconds": 1.0, "base": "smollm2-135m"}
    return Answer("Who?", text, given, tuple(sentences), receipt)


def nodes(roots: list[Node]) -> Iterator[Node]:
    for node in roots:
        yield node
        yield from nodes([*node.children])


def test_a_correction_is_marked_beside_its_sentence_and_told_under_it(answer: Answer) -> None:
    shown = list(nodes(memoview.memorandum(answer)))
    kinds = [node.kind for node in shown if node.kind.startswith("sentence")]
    assert kinds == [
        "sentence verified corrected",
        "sentence verified",
        "sentence unsupported",
        "sentence partly",
    ]
    assert next(node.label for node in shown if node.text == "↻") == (
        "citation corrected from [1] to [2]"
    )
    told = [node.text for node in shown]
    assert "citation corrected from [1] to [2]" in told
    assert "nothing of this stands in [3]" in told
    assert next(node.choose for node in shown if node.kind == "cite") == 2


def test_legend_counts_what_was_corrected_among_the_verified(answer: Answer) -> None:
    entries = memoview.legend(answer).children
    assert [entry.kind for entry in entries] == [
        "entry verified",
        "entry corrected",
        "entry partly",
        "entry unsupported",
    ]
    assert entries[1].children[1].text == "1 of them under a corrected citation"


def test_legend_has_no_correction_where_none_was_made(answer: Answer) -> None:
    whole = Answer(answer.question, answer.text, answer.passages, answer.sentences[1:2], {})
    assert [entry.kind for entry in memoview.legend(whole).children] == ["entry verified"]


def test_command_tells_corrections_and_reasons(
    answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    print_check(answer)
    out = " ".join(capsys.readouterr().out.split())
    assert "2 of 4 sentences verified" in out
    assert (
        "corrected: Petrakis telephoned the bakery about the roof [2]. "
        "(citation corrected from [1] to [2])"
    ) in out
    assert "unsupported: Landlord must not repair the roof [1]. (a “not” by “repair”" in out
    assert "partly: Landlord must repair the roof [1][3]." in out
