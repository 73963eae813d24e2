import time
from pathlib import Path

import pytest

from retrieval.describe import describe
from retrieval.documents import DocumentText, Page
from retrieval.read import read_text

SAMPLE = Path(__file__).parents[2] / "retrieval" / "sample_matter" / "documents"
BAKERY, LANDLORD = "QUILLFEATHER BAKING COMPANY, INC.", "TILLMARSH PROPERTIES LLC"


def one_page(text: str) -> DocumentText:
    return DocumentText(text, (Page(1, 0, len(text)),))


@pytest.mark.parametrize(
    ("name", "kind", "title", "parties", "date"),
    [
        ("lease.pdf", "lease", "Commercial Lease", (LANDLORD, BAKERY), "2019-03-14"),
        ("first_amendment.pdf", "amendment", "FIRST AMENDMENT TO COMMERCIAL LEASE",
         (LANDLORD, BAKERY), "2021-02-22"),
        ("second_amendment.docx", "amendment", "SECOND AMENDMENT TO COMMERCIAL LEASE",
         (LANDLORD, BAKERY), "2022-11-14"),
        ("notice_of_default.pdf", "letter", "Notice of Default", (), "2024-01-16"),
        ("email_leak_thread.eml", "e-mail", "Re: Water over the Proofing Room again",
         ("Dolores Petrakis", "Tomas Abernathy"), "2023-03-03"),
        ("petrakis_deposition.pdf", "deposition", "DEPOSITION OF DOLORES PETRAKIS",
         (BAKERY, LANDLORD), "2024-06-20"),
        ("docket.html", "docket",
         "Quillfeather Baking Company, Inc. v. Tillmarsh Properties LLC",
         ("Quillfeather Baking Company, Inc.", "Tillmarsh Properties LLC"), None),
        ("inspection_report.pdf", "report", "ROOF AND ROOFTOP UNIT INSPECTION REPORT", (),
         "2023-09-22"),
        ("tenant_ledger.txt", "ledger", "TENANT LEDGER", (), "2024-01-12"),
        ("text_messages.txt", "messages", "MESSAGE EXPORT", (), None),
        ("file_note.md", "memorandum",
         "File note: Quillfeather Baking Company, Inc. / Tillmarsh Properties LLC", (),
         "2024-06-26"),
    ],
)  # fmt: skip
def test_the_sample_matter(
    name: str, kind: str, title: str, parties: tuple[str, ...], date: str | None
) -> None:
    found = describe(name, read_text(SAMPLE / name))
    assert (found.kind, found.title, found.parties, found.date) == (kind, title, parties, date)


@pytest.mark.parametrize(
    ("text", "kind", "title", "parties", "date"),
    [
        # A heading run together with its first sentence; an ordinal broken by a PDF.
        ('Exhibit 10.2 SUPPLY AGREEMENT This Supply Agreement (this "Agreement") is made as of the '
         '26t h day of May, 2017, by and between Orrin Hides, Inc., a Utah corporation having its '
         'office at 4 Elm Street, Ogden ("Orrin"), and Vell & Sons, LLC ("Vell").',
         "agreement", "SUPPLY AGREEMENT", ("Orrin Hides, Inc.", "Vell & Sons, LLC"), "2017-05-26"),
        # The second name follows a description of the first.
        ('AGENCY AGREEMENT\nThis Agreement is made on 3 March 2019 between Orrin Hides, Inc. (the '
         '"Company"), a Utah corporation, and Tarn Agents, Ltd. (the "Agent").',
         "agreement", "AGENCY AGREEMENT", ("Orrin Hides, Inc.", "Tarn Agents, Ltd."), "2019-03-03"),
        # A form with blanks: its blanks are nobody and no day.
        ('Mutual Non-Disclosure Agreement\nThis agreement is made as of ________, 20__ by and '
         'between [entity] ("Discloser") and ____________ ("Recipient").',
         "NDA", "Mutual Non-Disclosure Agreement", (), None),
        # A blank date is not filled from the next agreement that is named.
        ('SUPPORT AGREEMENT\nSUPPORT AGREEMENT dated as of April __, 2005, between Orrin Hides, '
         'Inc. ("Orrin") and Tarn, Inc. ("Tarn"), under the Purchase Agreement dated as of '
         'April 4, 2005.',
         "agreement", "SUPPORT AGREEMENT", ("Orrin Hides, Inc.", "Tarn, Inc."), None),
        # The date of what is amended is not the amendment's.
        ('AMENDMENT NO. 2 TO SUPPLY AGREEMENT\nThis Amendment No. 2 ("Amendment") to the Supply '
         'Agreement by and between Orrin Hides, Inc. ("Orrin") and Tarn, Inc. ("Tarn"), dated '
         'May 1, 2007, changes Section 3.',
         "amendment", "AMENDMENT NO. 2 TO SUPPLY AGREEMENT",
         ("Orrin Hides, Inc.", "Tarn, Inc."), None),
        ("AGREEMENT AND PLAN OF MERGER\nby and among\nORRIN HIDES, INC.,\nTARN CORP.\nand\n"
         "TARN SUB, INC.\nDated as of January 4, 2021\n\nTable of contents",
         "merger agreement", "AGREEMENT AND PLAN OF MERGER",
         ("ORRIN HIDES, INC.", "TARN CORP.", "TARN SUB, INC."), "2021-01-04"),
        # A caption with a rule down its middle.
        ("In the Court of Appeals of Ellery\nDIVISION TWO\nMARA HALE, ) No. 108\n)\n"
         "Appellant, ) Appeal from the Circuit Court\n)\nvs. )\n)\nSTATE OF ELLERY, )\n"
         "Respondent. ) Filed: January 19, 2021\nWe affirm.",
         "order", "MARA HALE v. STATE OF ELLERY", ("MARA HALE", "STATE OF ELLERY"), "2021-01-19"),
        ("IN THE DISTRICT COURT OF ELLERY\nCase No. 12\nORRIN HIDES, INC.,\nPlaintiff,\nv.\n"
         "MARA HALE; and DOES 1 to 10,\nDefendants.\nCOMPLAINT FOR DAMAGES\n1. Orrin sells hides.",
         "pleading", "COMPLAINT FOR DAMAGES", ("ORRIN HIDES, INC.", "MARA HALE"), None),
        # An authority is not the caption.
        ("The rule is old. See Hale v. Orrin, 12 Ell. 3d 44. It binds us still.",
         "other", None, (), None),
        ("PRIVACY POLICY\nLast updated: May 2, 2020\nThis privacy policy says what we keep.",
         "privacy policy", "PRIVACY POLICY", (), "2020-05-02"),
        ("Orrin & Tarn\nApril 3, 2022\n\nDear Ms. Hale:\nWe write about the hides.",
         "letter", None, (), "2022-04-03"),
        ("From: Mara Hale\nSent: Monday, April 4, 2022 9:12 AM\nTo: Pim Orrin\nSubject: Hides\n\n",
         "e-mail", "Hides", ("Mara Hale", "Pim Orrin"), "2022-04-04"),
        ("milk, eggs, and 3 hides", "other", None, (), None),
    ],
)  # fmt: skip
def test_openings(
    text: str, kind: str, title: str | None, parties: tuple[str, ...], date: str | None
) -> None:
    found = describe("x.txt", one_page(text))
    assert (found.kind, found.title, found.parties, found.date) == (kind, title, parties, date)


@pytest.mark.parametrize(
    "text",
    [
        "between " * 100_000,
        'This agreement is made between A ("a") ' + "and B, a firm, " * 60_000,
        "AGREEMENT " * 90_000,
        "A v. B " * 120_000,
        "made and entered into as of " * 30_000,
        "\n".join(["THE PARTIES AND THEIR"] * 40_000),
    ],
)
def test_a_long_document_takes_less_than_a_second(text: str) -> None:
    start = time.perf_counter()
    describe("x.txt", one_page(text))
    assert time.perf_counter() - start < 1
