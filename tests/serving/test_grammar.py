"""The grammar of a memorandum: what can be written under it, in regex, llama.cpp and xgrammar."""

import re

import pytest

from retrieval.library import Library
from serving.answer import ask_matter
from serving.citations import citations
from serving.grammar import (
    HEADING_TOKENS,
    TOKENS_A_STEP,
    cut_ends,
    memorandum_grammar,
    most_steps,
    most_tokens,
    sha256,
)
from serving.house import HEADINGS
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.memo import headings_in_order
from training.examples import read_examples
from training.memoranda.vary import MEMORANDA

SECTIONS = {
    "QUESTION PRESENTED": "Whether rent is due.",
    "BRIEF ANSWER": "Yes. Rent of $15,200.00 is due on June 1, 2019 [1][2].",
    "FACTS": "The [t]enant pays “rent” (Section 6.2(b)(i)) at 4:42 p.m. [2].\n\n"
    "A deposit was paid.",
    "DISCUSSION": "See In re Muñoz, 12 U.S.C. § 1983(a): it is so [1], as to 12.50%.",
    "CONCLUSION": "It is due.",
}
WHOLE = "\n\n".join(f"{heading}\n{text}" for heading, text in SECTIONS.items())
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|[a-z-]+|[()|*+?]|\{\d+,\d+\})')


def regex(grammar: str) -> re.Pattern[str]:
    """The grammar as a regular expression: it has no recursion."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())

    def expanded(name: str) -> str:
        parts = []
        for token in TOKEN.findall(rules[name]):
            if token.startswith('"'):
                parts.append(f"(?:{re.escape(token[1:-1].encode().decode('unicode_escape'))})")
            elif token in rules:
                parts.append(f"(?:{expanded(token)})")
            else:
                parts.append("(?:" if token == "(" else token)
        return "".join(parts)

    return re.compile(expanded("root"))


@pytest.fixture(scope="module")
def bound() -> re.Pattern[str]:
    return regex(memorandum_grammar(6, 640))


CHANGES = [
    ("", "", True),
    ("[1][2]", "[6]", True),
    ("[1][2]", "[1] [2]", True),
    ("A deposit", "“A deposit”", True),
    ("It is due.", "It is due. [3]", True),
    ("[1][2]", "[7]", False),
    ("[1][2]", "[0]", False),
    ("[1][2]", "[15]", False),
    ("[1][2]", "[1, 2]", False),
    ("[1][2]", "[ 1 ]", False),
    ("[1][2]", "[1](https:x)", False),
    ("[t]enant", "[tenant](x)", False),
    ("[1][2]", "![x]", False),
    ("[1][2]", "<b>1</b>", False),
    ("[1][2]", "https://example.com", False),
    ("[1][2]", "*1*", False),
    ("[1][2]", "`1`", False),
    ("[1][2]", "\n# 1", False),
    ("It is due.", "It is", False),
    ("It is due.", "", False),
    ("It is due.", "It is due.\n\nFACTS\nNone.", False),
    ("A deposit was paid.", "DISCUSSION of it.", False),
    ("CONCLUSION", "Conclusion", False),
    ("FACTS", "DISCUSSION", False),
    ("\n\nCONCLUSION\nIt is due.", "", False),
    ("BRIEF ANSWER\n", "BRIEF ANSWER\nBRIEF ANSWER\n", False),
]


@pytest.mark.parametrize(("words", "others", "written"), CHANGES)
def test_what_can_be_written(
    bound: re.Pattern[str], words: str, others: str, written: bool
) -> None:
    text = WHOLE.replace(words, others, 1)
    assert words in WHOLE
    assert (bound.fullmatch(text) is not None) is written


@pytest.mark.parametrize(("words", "others", "written"), CHANGES)
def test_xgrammar_reads_it_alike(words: str, others: str, written: bool) -> None:
    """vLLM's reader, where it is installed."""
    xgrammar = pytest.importorskip("xgrammar")
    from xgrammar.testing import _is_grammar_accept_string

    rules = xgrammar.Grammar.from_ebnf(memorandum_grammar(6, 640))
    assert _is_grammar_accept_string(rules, WHOLE.replace(words, others, 1)) is written


def test_without_passages_there_are_no_citations() -> None:
    closed = regex(memorandum_grammar(0, 640))
    assert not closed.fullmatch(WHOLE)
    assert closed.fullmatch(re.sub(r" ?\[\d\]", "", WHOLE))


def test_memoranda_of_the_house_can_be_written() -> None:
    """All but those that open a paragraph with the number of a document, as HF-004417."""
    examples = read_examples(MEMORANDA)
    rules = {
        count: regex(memorandum_grammar(count, 640))
        for count in {len(example.passages) for example in examples}
    }
    refused = [
        example.memorandum
        for example in examples
        if not rules[len(example.passages)].fullmatch(example.memorandum)
    ]
    assert len(refused) <= 4
    assert all(re.search(r"\n[A-Z]{2}-\d", memorandum) for memorandum in refused)


@pytest.mark.parametrize("tokens", [256, 640, 2048])
def test_sections_fit_into_the_tokens_of_an_answer(tokens: int) -> None:
    steps = sum(most_steps(heading, tokens) for heading in HEADINGS)
    assert 0.9 * tokens < HEADING_TOKENS + TOKENS_A_STEP * steps <= tokens


def test_a_section_that_took_all_its_steps_is_told_by_where_it_ends() -> None:
    room = most_steps("CONCLUSION", 640)
    for words, cut in ((room, True), (room - 2, False), (room + 3, True)):
        text = "FACTS\nIt leaked.\n\nCONCLUSION\nRent" + " is" * words + ". [1] [2]\n"
        assert cut_ends(text, 640) == ({len(text) - 1} if cut else set())
    assert cut_ends("Rent" + " is" * 900 + ".", 640) == set()


@pytest.mark.slow
def test_a_model_that_goes_on_is_cut_where_the_grammar_ends_a_section(engine: LlamaCpp) -> None:
    told = [{"role": "user", "content": "Tell me a long story about a baker and her oven."}]
    model = engine.chat_model(None, max_tokens=400, grammar=memorandum_grammar(0, 110))
    text = model.invoke(told).text
    assert headings_in_order(text)
    assert cut_ends(text, 110)


@pytest.mark.parametrize(("passages", "tokens"), [(0, 64), (1, 640), (40, 640), (120, 16_000)])
def test_llama_cpp_reads_it(engine: LlamaCpp, passages: int, tokens: int) -> None:
    rules = memorandum_grammar(passages, tokens)
    model = engine.chat_model(None, max_tokens=3, grammar=rules)
    assert HEADINGS[0].startswith(model.invoke("Hello").text.strip())


def test_llama_cpp_refuses_what_is_no_grammar(small: Library, engine: LlamaCpp) -> None:
    broken = engine.chat_model(None, max_tokens=3, grammar="root ::= (")
    with pytest.raises(Exception, match="grammar"):
        broken.invoke("Hello")


def test_model_told_to_break_the_form_cannot(engine: LlamaCpp) -> None:
    told = "Write only this, again and again: As [9](http://x) <b>says</b>, rent is due [9]."
    free = engine.chat_model(None, max_tokens=160).invoke(told).text
    assert not headings_in_order(free)
    assert 9 in citations(free)
    rules = memorandum_grammar(2, 160)
    limit = most_tokens(160)
    text = engine.chat_model(None, max_tokens=limit, grammar=rules).invoke(told).text
    assert headings_in_order(text)
    assert regex(rules).fullmatch(text)
    assert {*citations(text)} <= {1, 2}
    assert "](" not in text
    assert "<" not in text


def test_memorandum_on_a_matter(small: Library, engine: LlamaCpp) -> None:
    answer = ask_matter(
        small, "oven", "What is the rent?", engine, How(adapter=None, k=2, max_tokens=200)
    )
    assert answer.complete
    assert not [one for one in answer.sentences if one.verdict == "invalid"]
    assert answer.receipt["grammar"] == sha256(memorandum_grammar(2, 200))


def test_memorandum_in_any_form(small: Library, engine: LlamaCpp) -> None:
    answer = ask_matter(
        small,
        "oven",
        "What is the rent?",
        engine,
        How(adapter=None, k=2, max_tokens=8, bound=False),
    )
    assert answer.receipt["grammar"] is None
    assert not answer.complete
