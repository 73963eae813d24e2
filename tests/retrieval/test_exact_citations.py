"""Exact references are found: whoever asks for § 4.2(b) finds the passage that holds it.

The table is asked of one matter in which each reference has near neighbours (§ 4.2(c), 12 U.S.C.
1842, Exhibit B), all in sentences that say much the same.
"""

import pytest

from retrieval.library import Library
from retrieval.search import search

# (as the file has it, as lawyers ask for it)
CASES = [
    ("Section 4.2(b) of the Lease", ["What does § 4.2(b) say?", "Sec. 4.2(b)", "section 4.2 (b)"]),
    ("Section 4.2(c) of the Lease", ["what of § 4.2(c)?", "Clause 4.2(c)"]),
    ("Section 4.21 of the Lease", ["Section 4.21?", "§4.21"]),
    ("Sections 17.5(b)(iii) and 18 of the Lease", ["§ 17.5(b)(iii)", "what is said of section 18"]),
    ("Article IX of the Lease", ["Article 9", "What does article IX provide?"]),
    ("paragraph 31 of the Complaint", ["what is pleaded in ¶ 31", "para. 31 of the complaint"]),
    ("12 U.S.C. § 1841(a)", ["12 U.S.C. 1841", "does 12 USC 1841? 12 U.S.C. § 1841(a) apply"]),
    ("12 U.S.C. § 1842", ["12 U. S. C. § 1842", "which act is 12 U.S.C. 1842"]),
    ("15 U.S.C. § 1841", ["15 U.S.C. § 1841"]),
    ("17 C.F.R. § 240.10b-5", ["17 C.F.R. 240.10b-5", "is 17 C.F.R. § 240.10b-5 pleaded?"]),
    ("17 C.F.R. § 240.14a-9", ["17 C.F.R. § 240.14a-9"]),
    ("Hale v. Dorne, 410 U.S. 113 (1973)", ["410 U.S. 113", "What does 410 U.S. 113 hold?"]),
    ("Hale v. Dorne, 410 U.S. 179 (1973)", ["410 U.S. 179"]),
    ("Orrin v. Pell, 123 F.3d 456 (9th Cir. 1997)", ["does 123 F.3d 456 apply", "123 F.3d 456"]),
    ("Orrin v. Pell, 123 F.3d 465 (9th Cir. 1997)", ["123 F.3d 465"]),
    ("Fed. R. Civ. P. 26(b)(1)", ["Fed. R. Civ. P. 26(b)(1)", "Fed. R. Civ. P. 26(b)"]),
    ("Fed. R. Civ. P. 37(e)", ["Is Fed. R. Civ. P. 37(e) cited?"]),
    ("Case No. 2:19-cv-00123-ABC-DEF", ["19-cv-123", "Case No. 2:19-cv-00123"]),
    ("Case No. 2:20-cv-00123-ABC-DEF", ["20-cv-123"]),
    ("Docket No. A-1234-19", ["docket number A-1234-19"]),
    ("Docket No. A-1235-19", ["Docket No. A-1235-19"]),
    ("Exhibit C-2", ["Ex. C-2", "what is exhibit C-2"]),
    ("Exhibit C-3", ["Exhibit C-3"]),
    ("Exhibit 14", ["Ex. 14", "Exh. 14"]),
    ("the memorandum marked HRC-000412", ["Bates HRC000412", "HRC-000412", "HRC 000412"]),
    ("the memorandum marked HRC-000413", ["HRC-000413"]),
    ("the record stamped MERIDIAN_0004711", ["MERIDIAN_0004711"]),
    ("the defined term “Change of Control”", ['what is a "Change of Control"']),
    ("the defined term “Change of Use”", ["“Change of Use”"]),
    ("the defined term “Permitted Exceptions”", ['"Permitted Exceptions"']),
]
ASKED = [(held, question) for held, questions in CASES for question in questions]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, small: Library) -> Library:
    """A matter of one brief, a paragraph for each reference."""
    root = tmp_path_factory.mktemp("citations")
    paragraphs = [
        f"Counsel for the tenant relies in this part of the letter on {held}, to which the "
        "landlord answers that what it provides was agreed in view of that year's repairs, that "
        "the parties have acted on it since, and that nothing in the correspondence between them "
        "takes it back; the tenant replies that the repairs were not made, and that whatever was "
        "agreed in view of them cannot be held against a party that has paid its rent throughout."
        for held, _ in CASES
    ]
    (root / "letter.txt").write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
    library = Library(root / "home")
    library.embedder = small.embedder
    library.ingest("dispute", [root / "letter.txt"])
    return library


@pytest.mark.parametrize(("held", "question"), ASKED)
def test_in_the_top_three(library: Library, held: str, question: str) -> None:
    best = search(library, "dispute", question, 3)
    assert any(held in one.passage.text for one in best)


def test_each_paragraph_is_found_by_its_reference_alone(library: Library) -> None:
    # Passages that hold several of the references would make the table too easy.
    passages = search(library, "dispute", "What does the tenant rely on?", 2 * len(CASES))
    held = [sum(reference in one.passage.text for reference, _ in CASES) for one in passages]
    assert max(held) == 1
    assert sum(held) == len(CASES)
