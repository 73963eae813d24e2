import pytest

from retrieval.terms import asked_keys, keys

# (as the file has it, as a lawyer asks for it)
SAME = [
    ("under Section 4.2(b) of the Lease", "what does § 4.2(b) say"),
    ("under § 4.2 (b) of the Lease", "Sec. 4.2(b)?"),
    ("under Sections 4.2(b) and 7 hereof", "clause 7"),
    ("4.2 Termination. Either party may", "section 4.2"),
    ("12. Insurance. The Tenant shall", "Section 12"),
    ("ARTICLE IV\nTERM", "Article 4"),
    ("Article 4 of the Agreement", "article IV"),
    ("see Section 4.2(b)(iii)", "§ 4.2(b)"),
    ("as 12 U.S.C. § 1841(a) provides", "12 USC 1841? 12 U.S.C. 1841"),
    ("12 U.S.C. 1841", "12 U. S. C. § 1841"),
    ("17 C.F.R. § 240.10b-5", "17 C.F.R. 240.10b-5"),
    ("410 U.S. 113 (1973)", "410 U.S. 113"),
    ("123 F.3d 456", "does 123 F.3d 456 apply"),
    ("Fed. R. Civ. P. 26(b)(1)", "Fed. R. Civ. P. 26(b)"),
    ("Case No. 2:19-cv-00123-ABC-DEF", "19-cv-123"),
    ("Docket No. A-1234-19", "docket number A-1234-19"),
    ("attached as Exhibit C-2", "Ex. C-2"),
    ("Exhibit A hereto", "Exhibit A"),
    ("HRC-000412 shows", "Bates HRC000412"),
    ("“Change of Control” means", 'what is a "Change of Control"'),
    ("(the “Premises”)", "“premises”"),
]

# What is near is not the same.
OTHERS = [
    ("Section 4.2(b)", "§ 4.2(c)"),
    ("Section 4.2", "§ 4.2(b)"),
    ("Section 42", "§ 4.2"),
    ("Section 4.21", "§ 4.2"),
    ("12 U.S.C. § 1841", "12 U.S.C. § 1842"),
    ("12 U.S.C. § 1841", "15 U.S.C. § 1841"),
    ("Exhibit A", "Exhibit B"),
    ("a change of control", '"Change of Control"'),
    ("HRC-000412", "HRC-000413"),
    ("19-cv-123", "20-cv-123"),
    ("4.2 million dollars", "Exhibit 4.2"),
]

NONE = [
    "The tenant paid $4,200.50 on June 4, 2019.",
    "It sold 12 Units to the U.S. government.",
    "They met at 4.15 p.m.",
    "",
]


@pytest.mark.parametrize(("text", "question"), SAME)
def test_the_same_reference_gives_the_same_key(text: str, question: str) -> None:
    assert set(asked_keys(question)) & set(keys(text))


@pytest.mark.parametrize(("text", "question"), OTHERS)
def test_another_reference_gives_another_key(text: str, question: str) -> None:
    assert asked_keys(question)
    assert not set(asked_keys(question)) & set(keys(text))


@pytest.mark.parametrize("text", NONE)
def test_plain_text_has_no_key(text: str) -> None:
    assert keys(text) == ()


@pytest.mark.parametrize("text", [text for text, _ in SAME])
def test_a_key_is_one_word(text: str) -> None:
    assert all(key.isascii() and key.isalnum() for key in keys(text))
