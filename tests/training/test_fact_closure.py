"""Fact closure on 100 sentences of lawyers' prose: what stands in the prompt, and what does not.

The cases were written before the check was tuned on them. Before: 30 false alarms on 66 sentences
that are closed; on 34 that are not 12 misses, and 2 where another fact was held against it. Now: 1
and 1. Thirty more were written after it, unseen: 6 false alarms and no miss at the first try, now
4. What the check still gets wrong stays here, marked: a case that begins to pass fails the run
until its mark is gone.
"""

import pytest

from serving.facts import missing
from training.checks import common_words
from training.examples import read_examples
from training.memoranda.vary import MEMORANDA

CLOSED = ""

# The sentence of a memorandum, its prompt, and the fact that does not stand there.
CASES: list[tuple[str, str, str]] = [
    # dates
    ("The notice was mailed on March 3, 2021.", "Mailed 3/3/2021 by certified post.", CLOSED),
    ("The notice was mailed on March 3, 2021.", "Mailed the 3rd day of March, 2021.", CLOSED),
    ("The notice was mailed on March 3, 2021.", "Mailed on 3 March 2021.", CLOSED),
    ("The notice was mailed on March 3, 2021.", "date_mailed: 2021-03-03", CLOSED),
    ("The notice was mailed on March 3, 2021.", "Mailed on March 4, 2021.", "March 3, 2021"),
    ("The notice was mailed on March 3, 2021.", "Mailed 3/13/2021, room 3.", "March 3, 2021"),
    ("The hearing was moved to Sept. 14, 2018.", "Hearing: September 14, 2018.", CLOSED),
    ("The option lapsed in June 2019.", "The option lapsed on June 30, 2019.", CLOSED),
    ("The option lapsed in June 2019.", "Signed June 30, 2018. Lapsed April 2, 2019.", "June"),
    ("By the fall of 2017 the kiln was cold.", "The kiln was shut on October 9, 2017.", CLOSED),
    (
        "Work ran from April 6 to April 11, 2022.",
        "Work was done from April 6-11, 2022.",
        CLOSED,
    ),
    ("Suit was filed on December 1.", "Suit was filed on December 19, 2020.", "December 1"),
    ("On the 15th of May she resigned.", "Her resignation is dated May 15, 2016.", CLOSED),
    ("On the 15th of May she resigned.", "Her resignation is dated May 5, 2016.", "15"),
    ("The lease was signed in the 1990s.", "The lease was signed on July 8, 1994.", CLOSED),
    ("The deed was recorded in 1887.", "Recorded at Book 1887, page 12, in 1907.", "1887"),
    # amounts
    ("The price was $2.5 million.", "Purchase price: $2,500,000.00.", CLOSED),
    ("The price was $2.5 million.", "Purchase price: $2,050,000.00.", "2.5 million"),
    ("The price was $2,500,000.", "The parties agreed on 2.5 million dollars.", CLOSED),
    (
        "She paid fifteen thousand two hundred dollars.",
        "Paid: $15,200.00 by cheque.",
        CLOSED,
    ),
    (
        "She paid fifteen thousand two hundred dollars.",
        "Paid: $15,300.00 by cheque.",
        "fifteen thousand two hundred",
    ),
    ("Rent of $1,850 fell due.", "Rent of One Thousand Eight Hundred Fifty Dollars.", CLOSED),
    ("The fee is $75 an hour.", "The fee is seventy-five dollars ($75.00) an hour.", CLOSED),
    ("The gap is $500.", "The parcel lies 500 feet from the road.", "$500"),
    ("The parcel lies 500 feet away.", "A charge of $500 is due.", "500"),
    ("He borrowed US$40,000.", "The principal is $40,000.", CLOSED),
    ("The bond is for €12,000.", "The bond is for $12,000.", "12,000"),
    ("The bond is for €12,000.", "The bond, in the sum of EUR 12,000, was posted.", CLOSED),
    ("The deposit was $1,200.", "The deposit was 1200 dollars.", CLOSED),
    ("The sum is $950.50.", "The sum is $950.00 and 50 cents postage.", "$950.50"),
    # percentages, counts, measures
    ("Interest runs at 8 percent.", "Interest runs at 8% a year.", CLOSED),
    ("Interest runs at eight percent.", "Interest: 8 per cent. per annum.", CLOSED),
    ("Interest runs at 8%.", "Interest runs at eight percent (8%).", CLOSED),
    ("Interest runs at 8%.", "Interest runs at 6%; see Section 8.", "8%"),
    ("He owns 12.5 percent of the shares.", "He owns 12.5% of the shares.", CLOSED),
    ("A half interest (50%) passed to her.", "A 25% interest passed to her.", "50%"),
    ("The tenant had thirty days to cure.", "Tenant may cure within 30 days.", CLOSED),
    ("The tenant had 30 days to cure.", "Tenant may cure within thirty (30) days.", CLOSED),
    ("The tenant had thirty days to cure.", "Tenant may cure within 10 days.", "thirty"),
    ("The tenant had 30 days to cure.", "Tenant may cure within 10 days. Section 30.", "30"),
    ("There are two reasons for this.", "The roof leaked. The landlord knew.", CLOSED),
    ("The first ground fails, and so does the second.", "The roof leaked.", CLOSED),
    ("A 10-day notice was posted.", "Notice was given of ten days.", CLOSED),
    ("It needs between 10 and 15 days.", "It needs 10–15 days.", CLOSED),
    ("Three of the seven trustees voted.", "Seven trustees sat; three voted.", CLOSED),
    ("Four of the nine trustees voted.", "Seven trustees sat; three voted.", "Four of the nine"),
    ("The lot is one-half acre.", "The lot measures one half acre.", CLOSED),
    ("It was seven years’ rent.", "The term is 7 years.", CLOSED),
    # people
    ("Dunmore conceded the point.", "Mr. Dunmore: I concede that.", CLOSED),
    ("Dunmore conceded the point.", "Mr. Ashcombe: I concede that.", "Dunmore"),
    ("It is the Ortegas’ house.", "Luis and Helen Ortega own the house.", CLOSED),
    ("We spoke with Helen Ortega.", "Luis and Helen Ortega own the house.", CLOSED),
    (
        "We spoke with Helen Ortega.",
        "Luis Ortega owns the house; Helen Marsh rents it.",
        "Helen Ortega",
    ),
    ("The clerk, J. R. Tamblyn, stamped it.", "J.R. Tamblyn, Clerk of Court", CLOSED),
    ("It was O’Rourke’s truck.", "The truck of Finbar O'Rourke struck the gate.", CLOSED),
    ("It was McAllister's truck.", "The truck of Finbar MacAllister struck the gate.", "McAll"),
    ("They asked Smith-Okafor to sign.", "Signed: Adaeze Smith-\nOkafor", CLOSED),
    ("They asked Holloway to sign.", "Signed: Brent Hol-\nloway, Trustee", CLOSED),
    ("The witness is José Peña.", "Witness: Jose Pena, of Alder Street", CLOSED),
    ("The driver was van der Meer.", "Driver: P. van der Meer", CLOSED),
    ("The driver was de la Cruz.", "Driver: P. van der Meer", "Cruz"),
    ("Judge Whitlock denied it.", "Before the Hon. Maud Whitlock. Denied.", CLOSED),
    ("Plaintiff says that Tenant owes rent.", "The tenant owes rent, plaintiff says.", CLOSED),
    # companies and places
    ("Marlow Freight, Inc. agreed.", "MARLOW FREIGHT INC., a Delaware corporation", CLOSED),
    ("Marlow Freight, LLC agreed.", "Marlow Freight, Inc., a Delaware corporation", "LLC"),
    ("The seller is Brandt & Sons, L.P.", "Seller: Brandt and Sons, LP", CLOSED),
    ("Its bank is First Cinder Trust.", "Bank: First Cinder Trust Company", CLOSED),
    ("Its bank is First Cinder Trust.", "Bank: Second Cinder Savings", "First Cinder Trust"),
    ("The yard is in Alder County, Ohio.", "in the County of Alder, State of Ohio", CLOSED),
    ("The yard is in New Hampshire.", "The yard is in New Jersey.", "Hampshire"),
    ("A California court would agree.", "Cal. Civ. Code governs the deed.", "California"),
    ("He drove north on Interstate 70.", "He drove north on I-70.", CLOSED),
    # sections, statutes and cases
    ("Section 4.3(b)(ii) so provides.", "4.3(b)(ii) Tenant shall pay.", CLOSED),
    ("Section 4.3(b)(iii) so provides.", "4.3(b)(ii) Tenant shall pay.", "4.3(b)(iii)"),
    ("Sections 12–14 so provide.", "Section 12. Rent. Section 13. Taxes. Section 14.", CLOSED),
    ("Under § 9-104 it is void.", "Section 9-104. A sale is void if oral.", CLOSED),
    ("Article VII bars it.", "ARTICLE VII. ASSIGNMENT. No assignment.", CLOSED),
    ("Article IX bars it.", "ARTICLE VII. ASSIGNMENT. No assignment.", "IX"),
    ("Paragraph 6 (a) bars it.", "6(a) No assignment.", CLOSED),
    ("The claim lies under 42 U.S.C. § 1983.", "He sues under 42 USC 1983.", CLOSED),
    (
        "The claim lies under 42 U.S.C. § 1985.",
        "He sues under 42 U.S.C. § 1983. The firm was founded in 1985.",
        "1985",
    ),
    (
        "Harlow v. Tice, 412 F.3d 88 (2d Cir. 2005), controls.",
        "See Harlow v. Tice, 412 F.3d 88, 91 (2d Cir. 2005).",
        CLOSED,
    ),
    (
        "Harlow v. Tice, 412 F.3d 91, controls.",
        "See Harlow v. Tice, 412 F.3d 88 (2d Cir. 2005); Tr. 91.",
        "412 F.3d 91",
    ),
    ("In Harlow the court held so.", "See Harlow v. Tice, 412 F.3d 88.", CLOSED),
    ("In Bexley the court held so.", "See Harlow v. Tice, 412 F.3d 88.", "Bexley"),
    ("Rule 12(b)(6) is no bar.", "Fed. R. Civ. P. 12(b)(6)", CLOSED),
    ("The Supreme Court has held so.", "The State’s highest court held so.", "Supreme Court"),
    # quotations and defined terms
    ("Rent is due “on the first day”.", "rent is due on the first\nday of each month", CLOSED),
    ("It covers “the Premises”.", "Unit 4 (the “Premises”) is let.", CLOSED),
    ("The clause says “[t]enant shall repair.”", "Tenant shall repair the roof.", CLOSED),
    (
        "It says “tenant shall . . . repair the roof.”",
        "Tenant shall, at its own cost, repair the roof.",
        CLOSED,
    ),
    ("It says “tenant may repair.”", "Tenant shall repair the roof.", "tenant may repair"),
    ("It calls this a ‘late event.’", "Each such failure is a “Default”.", "late event"),
    # negations, openings, words in capitals that are no names
    ("Nothing shows that rent was paid.", "The ledger stops.", CLOSED),
    ("Accordingly, the motion fails; Likewise the appeal.", "The motion was late.", CLOSED),
    ("The file does not say who signed.", "The deed is undated.", CLOSED),
    ("The answer is clear: Rent is owed.", "The tenant owes rent.", CLOSED),
    ("THE MOTION SHOULD BE DENIED.", "The motion was late and is denied.", CLOSED),
    ("(1) Notice was late. (2) Cure was refused.", "Notice was late; cure was refused.", CLOSED),
    ("The motion was served by E-mail on Tuesday.", "Served by mail on Monday.", "Tuesday"),
]

# Written after it, and tried once: 6 false alarms of 20, of 10 no miss and 1 where another fact was
# held. Three of these seven were then mended.
UNSEEN: list[tuple[str, str, str]] = [
    ("Closing took place on Aug. 2, 2017.", "CLOSING DATE: 08/02/2017", ""),
    ("Closing took place on Aug. 2, 2017.", "CLOSING DATE: 08/22/2017", "Aug. 2, 2017"),
    ("She was hired in early 2015.", "Start date: Jan. 12, 2015", ""),
    ("The will is dated the tenth of June 1999.", "Dated June 10, 1999", ""),
    ("Damages are capped at three times the fee.", "The cap is 3x the fee.", ""),
    ("The premium rose from $1,100 to $1,340.", "Premium 1,100.00 / 1,340.00", ""),
    ("The premium rose from $1,100 to $1,430.", "Premium 1,100.00 / 1,340.00", "$1,430"),
    ("He owes roughly $3.1m.", "The balance is $3,100,000.", ""),
    ("He owes a quarter of a million dollars.", "The balance is $250,000.", ""),
    ("The cure period is twenty-one days.", "within 21 calendar days of notice", ""),
    ("The cure period is twenty-one days.", "within 21 months of notice", "twenty-one days"),
    ("A two-year limit applies.", "must be brought within two (2) years", ""),
    ("A two-year limit applies.", "must be brought within three (3) years", "two-year"),
    ("The mill's owner, Tobias Grenfell, refused.", "GRENFELL, TOBIAS (owner)", ""),
    (
        "Counsel for the Abernethys wrote back.",
        "Letter from counsel for Mr. and Mrs. Abernethy",
        "",
    ),
    ("The Hollis Creek Water District sued.", "HOLLIS CREEK WATER DISTRICT, Plaintiff", ""),
    (
        "The Hollis Creek Water District sued.",
        "Hollis sued. The creek is dry. The water district sued.",
        "",
    ),
    ("Pemberton's son signed.", "Signed: the son of R. Pemberton", ""),
    ("Pemberton's son signed.", "Signed: the son of R. Pemberly", "Pemberton's"),
    ("Ms. Achterberg testified.", "Witness: L. ACHTERBERG", ""),
    ("Delacroix testified for an hour.", "Witness: L. ACHTERBERG", "Delacroix"),
    ("See In re Falmouth Trust, 88 N.E.2d 14.", "In re Falmouth Trust, 88 N.E. 2d 14 (1949)", ""),
    (
        "See In re Falmouth Trust, 88 N.E.2d 41.",
        "In re Falmouth Trust, 88 N.E.2d 14 (1941)",
        "88 N.E.2d 41",
    ),
    ("Section 18(2)(c) applies.", "18. (2)(c) No deduction is made.", ""),
    ("Clause 7.10 applies.", "7.1 Insurance. 7.2 Indemnity.", "7.10"),
    ("It is “void and of no effect.”", "is void and of no\neffect whatever", ""),
    ("It is “wholly void.”", "is void and of no effect", "wholly void"),
    ("Interest accrues at 1½ percent.", "Interest: 1.5% a month", ""),
    ("Perhaps Congress meant otherwise.", "The statute is silent.", "Congress"),
    ("The tenant paid in full by noon on Friday.", "Paid in full on Fri. at 11:50.", ""),
]

WRONG = {
    "The deed was recorded in 1887.": "a number is not known to be a year",
    "He drove north on Interstate 70.": "I-70 is not known to be the Interstate",
    "He owes a quarter of a million dollars.": "fractions in words are not counted",
    "Section 18(2)(c) applies.": "the number stands apart from its brackets",
    "Interest accrues at 1½ percent.": "a sign for a fraction is not read",
    "The tenant paid in full by noon on Friday.": "days of the week are not known shortened",
}
"""Sentences that are judged wrongly, and why: 1 miss, 5 false alarms."""


@pytest.fixture(scope="module")
def common() -> frozenset[str]:
    """The words that are no names, as a check of the sample memoranda knows them."""
    return common_words(read_examples(MEMORANDA))


def test_a_hundred_cases_of_both_kinds() -> None:
    assert len(CASES) == len(set(CASES)) == 100
    assert sum(lacking == CLOSED for _, _, lacking in CASES) == 66
    assert {sentence for sentence, _, _ in (*CASES, *UNSEEN)} >= set(WRONG)


@pytest.mark.parametrize(
    ("sentence", "prompt", "lacking"),
    [
        pytest.param(
            *case,
            marks=[
                pytest.mark.xfail(strict=True, reason=why)
                for sentence, why in WRONG.items()
                if sentence == case[0]
            ],
        )
        for case in (*CASES, *UNSEEN)
    ],
)
def test_fact_closure(sentence: str, prompt: str, lacking: str, common: frozenset[str]) -> None:
    found = missing(sentence, [prompt], common)
    assert bool(found) == bool(lacking)
    # Nothing else is held against the sentence.
    assert all(one in lacking or lacking in one for one in found), found
