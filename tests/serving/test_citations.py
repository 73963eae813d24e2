"""Sentences, facts and verdicts as tables."""

import pytest

from serving.citations import check, citations, facts, missing, sentences

LEASE = (
    "lease.pdf, p. 3\nThe Lease between Brackwater LLC and Quillfeather Baking Company begins on "
    "June 1, 2019. Base Rent is $15,200.00 per month, rising 3% a year. Section 4.3(b): “a late "
    "charge of five percent” falls due on March 10."
)
NOTE = "file_note.md, p. 1\nMs. Petrakis’s e-mail of 5:10 p.m. names Oduya & Fenwick, P.C."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("No citation.", ()),
        ("One [1]. Two [2][1].", (1, 2)),
        ("[12] [3]", (12, 3)),
        ("[1, 2] [1-3] [a] [] (4) [1234]", ()),
        ("[0]", (0,)),
    ],
)
def test_citations(text: str, found: tuple[int, ...]) -> None:
    assert citations(text) == found


@pytest.mark.parametrize(
    "split",
    [
        # "|" stands where one sentence ends and the next begins
        "Rent is due [1]. |It was paid [2].",
        "Rent is due. [1] |It was paid. [2][3] |It is over.",
        "Rent is due.[1] |It was paid.[2]",
        "Is rent due? |Yes! |So be it.",
        "He said “pay now.” |She did not.",
        "(See the lease.) |Rent is due.",
        "FACTS|\nRent is due.|\n\nDISCUSSION|\nIt was paid.",
        "Rent is due [1]\n|and was paid [2].",
        "Rent is due [1].\r\n|It was paid.",
        # no sentence ends here
        "Smith v. Jones, No. 12, holds so.",
        "Fernway Markets, Inc. and Halcyon Row Foods, Inc. agree.",
        "Mr. Prewitt wrote to Ms. Petrakis at St. John’s.",
        "It was 5:10 p.m. when J. Q. Public left the U.S. office.",
        "Under Sec. 4.3 and para. 7 of the lease, cf. Art. 12, rent is $15,200.00.",
        "It cites e.g. Ex. A and 42 U.S.C. § 1983.",
        "The lease ends in Nov. 2023.",
        # but a citation behind an abbreviation ends one
        "The mail came at 6:42 p.m. [1] |The line was drawn at 5:00 p.m. [2] |So it was late.",
        "We act for Halcyon Row Foods, Inc. [1] |The store closed [2].",
    ],
)
def test_sentences(split: str) -> None:
    text = split.replace("|", "")
    expected = [part.strip() for part in split.replace("|", "\0").split("\0")]
    assert [text[start:end].strip() for start, end in sentences(text)] == expected


@pytest.mark.parametrize("text", ["", "\n\n", "   \n\t\n"])
def test_no_sentences(text: str) -> None:
    assert sentences(text) == []


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The roof leaked.", ()),
        ("Probably not, as it was late.", ()),
        ("It rose by 3% to $15,200.00 [4].", ("3%", "$15,200.00")),
        ("On June 1, 2019, it began.", ("June 1, 2019",)),
        ("In March 2014 it ended.", ("March 2014",)),
        ("Section 4.3(b) applies.", ("4.3(b)",)),
        ("She called it “a late charge” [1].", ("a late charge",)),
        ('She called it "a late charge," twice.', ("a late charge",)),
        ("We asked Petrakis.", ("Petrakis",)),
        ("Petrakis’s memory failed.", ("Petrakis’s",)),
        ("Stellan Roofing patched it.", ("Stellan", "Roofing")),
        ("However, the patch failed.", ()),
        ("The answer is no: Landlord pays.", ()),
    ],
)
def test_facts(sentence: str, found: tuple[str, ...]) -> None:
    assert facts(sentence) == found


@pytest.mark.parametrize(
    ("sentence", "absent"),
    [
        ("Base Rent is $15,200.00.", ()),
        ("Base Rent is $15,200.", ()),
        ("Base Rent is $15,201.00.", ("$15,201.00",)),
        ("Base Rent is $5,200.00.", ("$5,200.00",)),
        ("It rises 3% a year.", ()),
        ("It rises 7% a year.", ("7%",)),
        ("It began on June 1, 2019.", ()),
        ("It began in 2019.", ()),
        ("It began in 2018.", ("2018",)),
        ("It fell due on March 10.", ()),
        ("It fell due on March 1.", ("March 1",)),
        ("Under 4.3(b) it is due.", ()),
        ("Under 4.3(c) it is due.", ("4.3(c)",)),
        ("It is “a late charge of five percent”.", ()),
        ('It is "a late\ncharge of five percent".', ()),
        ("It is “a late charge of ten percent”.", ("a late charge of ten percent",)),
        ("It is “a late charge of five per”.", ("a late charge of five per",)),
        ("We act for Quillfeather.", ()),
        ("This is Quillfeather's lease.", ()),
        ("This is Halcyon's lease.", ("Halcyon's",)),
        ("The tenant is quillfeather.", ()),
        ("The roof leaked.", ()),
    ],
)
def test_missing(sentence: str, absent: tuple[str, ...]) -> None:
    assert missing(sentence, [LEASE]) == absent


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("Base Rent is $15,200.00 a month [1].", "verified"),
        ("The Lease begins on June 1, 2019, says lease.pdf at 3 [1].", "verified"),
        ("An e-mail came at 5:10 from Petrakis [2].", "verified"),
        ("Quillfeather wrote to Petrakis [1][2].", "verified"),
        ("The tenant should therefore win.", "reasoning"),
        ("It should win [1].", "reasoning"),
        ("Yes [1].", "reasoning"),
        ("Base Rent is $15,200.00 a month [2].", "unsupported"),
        ("Base Rent is $16,038.50 a month [1].", "unsupported"),
        ("It is “a late charge of ten percent” [1].", "unsupported"),
        ("The judge was Halloran [1][2].", "unsupported"),
        ("Base Rent is $15,200.00 a month.", "uncited"),
        ("We act for Quillfeather.", "uncited"),
        ("THE TENANT OWES $15,200.00", "uncited"),
        ("Base Rent is $15,200.00 a month [3].", "invalid"),
        ("Base Rent is $15,200.00 a month [1][0].", "invalid"),
        ("It should win [7].", "invalid"),
    ],
)
def test_verdict(sentence: str, verdict: str) -> None:
    (checked,) = check(sentence, [LEASE, NOTE])
    assert checked.verdict == verdict
    assert bool(checked.reason) == (verdict not in ("verified", "reasoning"))
    assert checked.citations == citations(sentence)


def test_check_gives_the_spans_of_all_sentences_but_headings() -> None:
    memorandum = "BRIEF ANSWER\nYes [1]. It began on June 1, 2019 [1].\n\nFACTS\nNone.\n"
    checked = check(memorandum, [LEASE])
    assert [memorandum[one.start : one.end] for one in checked] == [
        "Yes [1].",
        "It began on June 1, 2019 [1].",
        "None.",
    ]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("It should win [7].", "cites passage 7, which was not given"),
        ("We act for Quillfeather.", "states a fact and cites no passage"),
        ("Rent is $1 [1][2].", "“$1” does not stand in [1], [2]"),
    ],
)
def test_reason_names_what_failed(sentence: str, words: str) -> None:
    assert check(sentence, [LEASE, NOTE])[0].reason == words
