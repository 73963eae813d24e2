"""Paths of sections, in tables: a text, and the path in force at each of its words."""

import itertools
import time

import pytest

from retrieval.documents import DocumentText, Page
from retrieval.sections import Section, section_at, sections


def found_in(text: str) -> tuple[Section, ...]:
    return sections(DocumentText(text, (Page(1, 0, len(text)),)))


def path_at(text: str, words: str) -> str:
    section = section_at(found_in(text), text.index(words))
    return section.path if section else ""


LEASE = """LEASE

TABLE OF CONTENTS
ARTICLE I Rent 1
1.1 Base Rent 1
ARTICLE II Repairs 2
2.1 Roof 2

This Lease is made by Orrin and Tarn.

ARTICLE I
RENT

1.1 Base Rent. Tenant shall pay the rent of Section
1.2 and no other. It is due monthly.
1.2 Late Charges. A late payment bears:
(a) interest at nine percent; and
(b) a fee, being the higher of:
(i) forty dollars; and
(ii) two percent.
1.3 Set-Off. None.

ARTICLE II
REPAIRS

2.1 Roof. Landlord repairs the roof.
2.2 Cost. It is shared as (a) the parties agree or (b) Schedule A says. The rest is Tenant's.

IN WITNESS WHEREOF the parties sign.
1.4 This is a note that was clipped to the lease.

Schedule A
Shares of the cost

1. Landlord bears the gutters.
2. Tenant bears the drains.
"""


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("ARTICLE I Rent 1", ""),  # the table of contents holds nothing
        ("This Lease is made", ""),
        ("Tenant shall pay", "ARTICLE I > 1.1"),
        ("1.2 and no other", "ARTICLE I > 1.1"),  # the rest of a sentence
        ("A late payment", "ARTICLE I > 1.2"),
        ("interest at nine", "ARTICLE I > 1.2 > (a)"),
        ("the higher of", "ARTICLE I > 1.2 > (b)"),
        ("two percent", "ARTICLE I > 1.2 > (b) > (ii)"),
        ("None.", "ARTICLE I > 1.3"),
        ("REPAIRS", "ARTICLE II"),
        ("The rest is Tenant's", "ARTICLE II > 2.2"),  # a list within a line opens nothing
        ("the parties sign", ""),
        ("clipped to the lease", ""),  # behind the signatures a number is of another paper
        ("Shares of the cost", "Schedule A"),
        ("Tenant bears the drains", "Schedule A > 2"),
    ],
)
def test_a_lease(words: str, path: str) -> None:
    assert path_at(LEASE, words) == path


@pytest.mark.parametrize(
    ("text", "words", "path"),
    [
        # Sections of an agreement without articles, run together in one line by a converter.
        ("SUPPLY   Section 1.   Hides. Orrin sells.   (a)   Raw hides.   (b)   Tanned hides.   "
         "Section 2.   Price. Tarn pays.   Section 3.   Term. A year.",
         "Tanned", "Section 1 > (b)"),
        # Decimals, three deep; 10 comes after 9.
        ("1. Scope\n1.1 Work. Tanning.\n1.1.1 Vats. Four.\n1.1.2 Bark. Oak.\n1.2 Place. Ogden.\n"
         "2. Price\nTen dollars.", "Oak", "1.1.2"),
        ("".join(f"{n}. Rule. Words of it.\n" for n in range(1, 12)) + "Words of the last.",
         "Words of the last", "11"),
        # The ninth letter, and the first numeral.
        ("1. Duties. Tarn shall:\n" + "".join(f"({letter}) do that;\n" for letter in "abcdefgh")
         + "(i) do the ninth;\n(j) do the tenth.\n2. Term. A year.", "the ninth", "1 > (i)"),
        ("1. Duties. Tarn shall:\n(a) do that:\n(i) on Monday;\n(ii) on Tuesday;\n(b) rest.\n"
         "2. Term. A year.", "on Monday", "1 > (a) > (i)"),
        # A gap: nobody knows where 3 begins, so 2 is not in force up to 4.
        ("1. One. It is.\n2. Two. It is.\nThree has lost its number here.\n4. Four. It is.\n"
         "5. Five. It is.", "lost its number", ""),
        ("1. One. It is.\n2. Two. It is.\nThree has lost its number here.\n4. Four. It is.\n"
         "5. Five. It is.", "Two", "2"),
        # What an amendment puts into another agreement is not numbered as the amendment is.
        ("1. Rent. Section 6 gets a new end:\n6.7 Interest. Nine percent a year.\n(a) In advance.\n"
         "(b) In arrears.\n2. Term. It is extended.\n3. Rest. It stays.", "In arrears", "1"),
        # An item ends with its sentence, with a paragraph of its own, and at one out of its order.
        ("1. Pay. Tarn pays:\n(a) a fee; and\n(b) the cost. All else is Orrin's to pay.\n"
         "2. Term. A year.", "All else", "1"),
        ("1. Pay. Tarn pays:\n\n(a) A fee for each hide.\n\n(b) The cost.\n\nAll else is free.\n\n"
         "2. Term. A year.", "All else", "1"),
        ("1. Pay. Tarn pays:\n(a) A fee.\n(b) The cost, (c) the tax.\n(d) The bark.\n"
         "2. Term. A year.", "the tax", "1"),
        # References at the start of a line.
        ("1. Pay. Tarn pays under\nSection 2 (“Term”) and as\n3. Rest says.\n2. Term. A year.\n"
         "3. Rest. It stays.", "Rest says", "1"),
        # An opinion.
        ("I. Background\nThe vats leaked.\nII. Discussion\nA. The Vats\nThey were old.\n"
         "B. The Bark\nIt was wet.\nIII. Conclusion\nAffirmed.", "It was wet", "II > B"),
        # A complaint: its paragraphs are numbered through.
        ("ORRIN HIDES, INC.,\nPlaintiff,\nv.\nTARN CORP.,\nDefendant.\nCOMPLAINT\n" + "x" * 100
         + "\n1. Orrin sells hides.\n2. Tarn buys them.\nCOUNT I\nBREACH OF CONTRACT\n"
         "3. Tarn did not pay the price that was agreed in the spring of that year.\n"
         "COUNT II\n4. Tarn kept the hides although Orrin asked for them back in writing.\n"
         "5. They are worth much.", "kept the hides", "COUNT II > 4"),
        # Markdown: the title of the whole is in no path.
        ("# File note\n\n## Facts\n\nThe roof leaked.\n\n### Rooms\n\nTwo of them.\n\n## To do\n\n"
         "1. Call Mara.\n2. Write to Tarn.\n", "Two of them", "Facts > Rooms"),
        ("# File note\n\n## Facts\n\nThe roof leaked.\n\n## To do\n\n1. Call Mara.\n"
         "2. Write to Tarn.\n", "Write to", "To do > 2"),
        # No sections at all.
        ("From: Mara\nTo: Pim\nSubject: Hides\n\nThere are 3. The rest (b) is gone.", "gone", ""),
        ("Q. Were you there?\nA. Yes.\nQ. All day?\nA. No.\nQ. When?\nA. At noon.", "noon", ""),
        ("Exhibit 10.26\nAGREEMENT\nOrrin and Tarn agree.", "agree.", ""),
    ],
)  # fmt: skip
def test_paths(text: str, words: str, path: str) -> None:
    assert path_at(text, words) == path


def test_headings_carry_the_titles() -> None:
    by_path = {section.path: section.heading for section in found_in(LEASE)}
    assert by_path["ARTICLE I > 1.2 > (a)"] == "ARTICLE I RENT > 1.2 Late Charges > (a)"
    assert by_path["Schedule A"] == "Schedule A"


def test_running_heads_open_nothing() -> None:
    pages = [
        f"Lease of Unit 7\n{n}. Clause {word}\nIt binds both.\n{n}\n"
        for n, word in enumerate(["One", "Two", "Three", "Four"], start=1)
    ]
    text, spans = "", []
    for number, page in enumerate(pages, start=1):
        spans.append(Page(number, len(text), len(text) + len(page)))
        text += page
    found = sections(DocumentText(text, tuple(spans)))
    assert [section.path for section in found] == ["1", "2", "3", "4"]


def test_sections_do_not_overlap() -> None:
    found = found_in(LEASE)
    for one, other in itertools.pairwise(found):
        assert one.start < one.end <= other.start


@pytest.mark.parametrize(
    "text",
    [
        " " * 400_000,
        "(a) " * 100_000,
        "   (i)   x" * 20_000,
        "1. Rent. x\n" * 20_000,
        "".join(f"{n}.{m} Rent. Words.\n" for n in range(1, 100) for m in range(1, 100)),
        "Section 4.2 " * 50_000,
        "ARTICLE I\n" * 20_000,
        "Exhibit A\n" * 20_000,
    ],
)
def test_a_long_document_takes_less_than_two_seconds(text: str) -> None:
    start = time.perf_counter()
    found_in(text)
    assert time.perf_counter() - start < 2
