"""What checks an answer, for any answer: it never raises, and its spans lie within the text."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents import Passage
from serving import citations, facts, grammar, memo, questions
from serving.authorities import unknown
from serving.followup import standalone
from serving.memo_docx import as_docx
from serving.memo_markdown import as_markdown
from serving.outputs import OutputFilter
from serving.pins import pins
from serving.quantities import quantities, stated
from serving.repair import without_failed
from serving.table_file import Table
from tests.faults.extent import cases
from tests.faults.texts import answers, documents, repeated
from tests.serving.made_answers import answered

ANSWERS = answers() | repeated()
PASSAGES = st.lists(documents(20), max_size=4)


def within(spans: Sequence[tuple[int, int]], text: str) -> None:
    """Spans in order, none within another, all within the text."""
    at = 0
    for start, end in spans:
        assert at <= start <= end <= len(text)
        at = end


@cases(50)
@given(ANSWERS, PASSAGES)
def test_check(text: str, passages: list[str]) -> None:
    within(citations.sentences(text), text)
    checked = citations.check(text, passages)
    within([(one.start, one.end) for one in checked], text)
    for one in checked:
        cited = citations.citations(text[one.start : one.end])
        assert one.citations == cited
        if one.verdict == "verified":
            assert cited and all(1 <= number <= len(passages) for number in cited)
        for span in one.spans:
            assert 0 <= span.start <= span.end <= len(passages[span.number - 1])
        assert all(1 <= number <= len(passages) for number in one.correction)
    written, then = citations.corrected(text, checked)
    within([(one.start, one.end) for one in then], written)
    without_failed(written, then)


@cases(50)
@given(ANSWERS, documents(20))
def test_facts(text: str, source: str) -> None:
    within([(one.start, one.end) for one in quantities(text)], text)
    stated(text)
    absent, rest = unknown(text, [source])
    assert len(rest) == len(text)
    assert all(isinstance(one, str) for one in absent)
    within([(one.start, one.end) for one in pins(text)], text)
    assert isinstance(facts.missing(text, [source]), tuple)


@cases(40)
@given(ANSWERS)
def test_a_text_states_what_it_says_itself(text: str) -> None:
    said = stated(text)
    assert all(any(reading <= said for reading in one.readings) for one in quantities(text))


@cases(50)
@given(ANSWERS, st.integers(64, 2000), st.integers(0, 9))
def test_form(text: str, tokens: int, given_passages: int) -> None:
    shorter, left_out = grammar.without_cut(text, tokens)
    assert len(shorter) <= len(text) and (left_out > 0) == (shorter != text)
    assert all(0 < end <= len(text) for end in grammar.cut_ends(text, tokens))
    within([(one.start, one.end) for one in memo.sections(text)], text)
    assert grammar.memorandum_grammar(given_passages, tokens).startswith("root ::=")


@cases(50)
@given(ANSWERS, st.lists(st.integers(1, 30), min_size=1, max_size=30), PASSAGES)
def test_streamed_is_whole(text: str, lengths: list[int], passages: list[str]) -> None:
    """What is shown piece by piece is what the whole text comes to, and cleaning it twice too."""
    whole = OutputFilter(passages).clean(text)
    assert OutputFilter(passages).clean(whole) == whole
    streamed, output, at, turn = "", OutputFilter(passages), 0, 0
    while at < len(text):
        streamed += output.feed(text[at : at + lengths[turn % len(lengths)]])
        at += lengths[turn % len(lengths)]
        turn += 1
    streamed += output.rest()
    # But for blanks that stood between what was taken out.
    assert OutputFilter(passages).clean(streamed).split() == whole.split()


@cases(40)
@given(ANSWERS, st.lists(ANSWERS, max_size=3), st.lists(documents(3), max_size=3))
def test_questions(text: str, earlier: list[str], names: list[str]) -> None:
    asked = questions.questions(text)
    assert asked == [text] or all(one.strip() for one in asked)
    standalone(text, earlier, names)


def passage(number: int, text: str, name: str) -> Passage:
    return Passage(f"{number}", "oven", "a" * 64, name, name, 1, 0, len(text), text)


@cases(15)
@given(answers(12), PASSAGES, answers(6), answers(4))
def test_files(text: str, passages: list[str], question: str, name: str) -> None:
    """Any answer on any passages goes into each form of file."""
    found = [passage(number, one, name) for number, one in enumerate(passages, start=1)]
    answer = answered(text, found, question=question)
    assert as_docx(answer).startswith(b"PK")
    assert as_markdown(answer).decode()


@cases(10)
@given(st.lists(st.tuples(answers(6), answers(6)), max_size=3), answers(6))
def test_tables(rows: list[tuple[str, str]], asked: str) -> None:
    from serving.table_file import as_csv, as_docx, as_markdown

    table = Table("Review", asked, "standing", ("a", "b"), tuple(rows), (3.0, 3.5), ())
    assert as_docx(table).startswith(b"PK")
    assert as_markdown(table).decode()
    assert as_csv(table).decode("utf-8-sig")
