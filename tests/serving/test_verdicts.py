"""One sentence against the passages it cites: what is noticed, as tables."""

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from serving.citations import check, citations, corrected
from serving.meaning import nearness
from serving.sources import Source, Span
from serving.verdicts import judge

LEASE = Source(
    "lease.pdf",
    "3",
    "Landlord shall keep the roof in repair. Tenant shall not keep animals on the Premises. Tenant "
    "shall pay Base Rent of $15,200.00 within 30 days after notice; the cure period is 60 days. "
    "Brackwater LLC paid the deposit to Quillfeather Baking Company.",
    "§ 4.2(b)",
)
NOTE = Source(
    "note.md",
    "1",
    "Petrakis telephoned the bakery on March 10, 2021 and asked for the keys to the loading dock. "
    "See Harrow v. Lindqvist, 98 F. Supp. 2d 411 (D. Mass. 2000).",
)
DEED = Source(
    "deed.pdf", "12", "The easement over Sawmill Lane is perpetual and unlawful use ends it."
)
GIVEN = (LEASE, NOTE, DEED)


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("Landlord must keep the roof in repair [1].", "verified"),
        ("Landlord must not keep the roof in repair [1].", "unsupported"),
        ("Tenant shall keep animals on the Premises [1].", "unsupported"),
        ("Tenant may never keep animals on the Premises [1].", "verified"),
        ("The easement over Sawmill Lane is perpetual and lawful use ends it [3].", "unsupported"),
        # the number stands in the passage, but not there
        ("Tenant shall pay Base Rent of $15,200 within thirty days after notice [1].", "verified"),
        ("Tenant shall pay Base Rent of $15,200 within 60 days after notice [1].", "unsupported"),
        # a name that opens the sentence
        ("Petrakis telephoned the bakery on 3/10/2021 [2].", "verified"),
        ("Halloran telephoned the bakery on March 10, 2021 [2].", "unsupported"),
        ("Mr. Halloran asked for the keys to the loading dock [2].", "unsupported"),
        # pin cites
        ("Landlord shall keep the roof in repair (p. 3) [1].", "verified"),
        ("Landlord shall keep the roof in repair (p. 4) [1].", "unsupported"),
        ("Landlord shall keep the roof in repair, pp. 2-4 [1].", "verified"),
        ("Landlord shall keep the roof in repair (§ 4.2) [1].", "verified"),
        ("Landlord shall keep the roof in repair (Section 4.2(b), p. 3) [1].", "verified"),
        ("Landlord shall keep the roof in repair (§ 4.3) [1].", "unsupported"),
        ("Landlord shall keep the roof in repair (§ 4.2(c)) [1].", "unsupported"),
        # authorities, which may stand in any passage of the file
        ("Landlord shall keep the roof in repair, 98 F.Supp.2d 411 [1].", "verified"),
        ("Landlord shall keep the roof in repair, 98 F. Supp. 2d 412 [1].", "unsupported"),
        ("Landlord shall keep the roof in repair, 42 U.S.C. § 1983 [1].", "unsupported"),
        # the passage says something else, or a part of it
        ("The premium rose because of earthquakes nearby [1].", "unsupported"),
        ("Nothing further [1].", "reasoning"),
        ("It is in repair [1].", "verified"),
        # beside a passage that has it, one that has nothing of it
        ("Landlord shall keep the roof in repair [1][2].", "partly"),
        # without a citation
        ("Landlord shall keep the roof in repair.", "uncited"),
        ("Must the roof be kept in repair?", "reasoning"),
    ],
)
def test_what_is_noticed(sentence: str, verdict: str) -> None:
    found = judge(sentence, citations(sentence), GIVEN)
    assert found.verdict == verdict, found.reason
    assert bool(found.reason) == (verdict not in ("verified", "reasoning"))


@pytest.mark.parametrize(
    ("quotation", "verdict"),
    [
        ("shall keep the roof in repair", "verified"),
        ("shall keep the\nroof in repair", "verified"),
        ("[l]andlord shall keep the roof", "verified"),
        ("shall keep [sic] the roof", "verified"),
        ("[the owner] shall keep the roof in repair", "verified"),
        ("Landlord shall keep the roof ... on the Premises", "verified"),
        ("Landlord shall keep … animals", "verified"),
        ("Tenant shall pay[s] Base Rent", "verified"),
        ("shall keep the roofs in repair", "unsupported"),
        ("shall keep the whole roof in repair", "unsupported"),
        ("on the Premises ... Landlord shall keep", "unsupported"),
        ("Tenant shall ... keep animals on the Premises", "unsupported"),
        ("Landlord shall [not] keep the roof in repair", "unsupported"),
    ],
)
def test_quotations_as_lawyers_write_them(quotation: str, verdict: str) -> None:
    sentence = f"The lease says “{quotation}” [1]."
    assert judge(sentence, (1,), GIVEN).verdict == verdict


def test_a_quotation_that_a_sentence_ends_within_is_checked() -> None:
    memorandum = "The lease says “Tenant shall pay nothing at all. Ever” [1]."
    assert {one.verdict for one in check(memorandum, GIVEN)} == {"uncited", "unsupported"}


@pytest.mark.parametrize(
    ("sentence", "becomes"),
    [
        ("Petrakis telephoned the bakery on March 10, 2021 [1].", "2021 [2]."),
        ("[3] Landlord shall keep the roof in repair.", "[1] Landlord"),
        # what needs two passages keeps the one and gets the other
        (
            "Landlord shall keep the roof in repair; Petrakis telephoned the bakery [1].",
            "the bakery [1][2].",
        ),
        ("Landlord shall keep the roof in repair [1].", None),
        # no other passage has it either
        ("Landlord shall keep the roof in repair on March 12, 2021 [2].", None),
    ],
)
def test_a_citation_is_corrected_where_another_passage_has_the_sentence(
    sentence: str, becomes: str | None
) -> None:
    memorandum = f"FACTS\n{sentence} It rained [9]."
    text, (first, *_, last) = corrected(memorandum, check(memorandum, GIVEN))
    if becomes is None:
        assert text == memorandum
        assert first.corrected_from == ()
        return
    assert becomes in text
    assert first.verdict == "verified"
    assert first.reason == ""
    assert first.corrected_from == citations(sentence)
    assert first.citations == citations(text[first.start : first.end]) != first.corrected_from
    assert first.change.startswith("citation corrected from [")
    # What follows is where it stood, moved.
    assert text[last.start : last.end] == "It rained [9]."
    assert last.verdict == "invalid"


def test_as_written_a_wrong_citation_is_unsupported_and_names_the_right_one() -> None:
    (found,) = check("Petrakis telephoned the bakery on March 10, 2021 [1].", GIVEN)
    assert (found.verdict, found.citations, found.correction) == ("unsupported", (1,), (2,))
    assert found.reason.endswith("; [2] does")


def test_span_is_what_supports_the_sentence() -> None:
    (span,) = judge("Landlord must keep the roof in repair [1].", (1,), GIVEN).spans
    assert isinstance(span, Span)
    assert span.number == 1
    assert LEASE.text[span.start : span.end] == "Landlord shall keep the roof in repair"


@pytest.mark.parametrize(
    ("question", "verdict"),
    [("Whether Petrakis telephoned.", "reasoning"), ("Whether we telephoned Halloran.", "uncited")],
)
def test_question_presented_states_nothing_where_its_names_stand_in_the_passages(
    question: str, verdict: str
) -> None:
    (found,) = check(f"QUESTION PRESENTED\n{question}\n", GIVEN)
    assert found.verdict == verdict


def test_meaning_is_asked_where_words_leave_it_open() -> None:
    asked: list[str] = []

    def near(sentence: str, passage: str) -> float:
        asked.append(sentence)
        return 0.9

    open_ = "The lessor maintains what covers the building [1]."
    assert judge(open_, (1,), GIVEN).verdict == "unsupported"
    assert judge(open_, (1,), GIVEN, near).verdict == "verified"
    assert judge("Landlord shall keep the roof in repair [1].", (1,), GIVEN, near).reason == ""
    assert len(asked) == 1


def test_nearness_embeds_each_text_once() -> None:
    seen: list[str] = []

    def embed(texts: Sequence[str]) -> list[NDArray[np.float32]]:
        seen.extend(texts)
        ways = [[1, 0] if "roof" in text else [0, 1] for text in texts]
        return [np.array(way, dtype=np.float32) for way in ways]

    near = nearness(embed, lambda text: [(0, 5), (5, len(text))])
    assert near("the roof", "dry. a roof") == 1.0
    assert near("the roof", "dry. a door") == 0.0
    assert sorted(seen) == sorted(set(seen))


def test_eyecite_is_not_imported_for_a_memorandum_without_authorities() -> None:
    code = (
        "import sys, serving.answer; from serving.citations import check; "
        "check('Rent is $5 [1]. It is due under Section 4.2 [1].', ['Rent is $5.']); "
        "sys.exit('eyecite' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
