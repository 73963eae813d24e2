"""Made-up conversations: questions, what was asked next, and what that is when it stands alone.

``DEVELOPED`` were seen while the rules were written. ``UNSEEN`` were written with them, and first
run when the rules were done: 39 of 45 came out as written here, and one of the 17 that stand alone
was changed. Four faults of the rules, and a capital in one row, were mended since.
"""

from dataclasses import dataclass

NAMES = (
    "lease_unit_7.pdf",
    "Lease of Unit 7",
    "First Amendment",
    "Second Amendment",
    "Loan Agreement",
    "Supply Contract",
    "notice_of_default.pdf",
    "Harwick Holdings LLC",
    "Ostrander Milling Company, Inc.",
    "Marla Quennell",
)
"""Documents and parties of the matter that is asked."""


@dataclass(frozen=True)
class Turn:
    """A follow-up with what must become of it."""

    before: tuple[str, ...]
    asked: str
    becomes: str = ""
    """The whole of it; empty where words are enough."""
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether it stands alone and must stay as it is."""
        return self.becomes == self.asked


def same(before: str, asked: str) -> Turn:
    return Turn((before,), asked, asked)


def turn(before: str | tuple[str, ...], asked: str, becomes: str) -> Turn:
    return Turn((before,) if isinstance(before, str) else before, asked, becomes)


def words(
    before: str | tuple[str, ...], asked: str, holds: str, lacks: tuple[str, ...] = ()
) -> Turn:
    """``holds`` has the phrases with a bar between them."""
    told = (before,) if isinstance(before, str) else before
    return Turn(told, asked, "", tuple(holds.split("|")), lacks)


ROOF = "Who repairs the roof under the lease of Unit 7?"
AFTER = "(asked after: "

DEVELOPED = (
    # another thing in the same frame
    turn(ROOF, "And the windows?", "Who repairs the windows under the lease of Unit 7?"),
    turn(ROOF, "What about the drains?", "Who repairs the drains under the lease of Unit 7?"),
    turn(
        "Is the tenant liable for the arrears?",
        "And the guarantor?",
        "Is the guarantor liable for the arrears?",
    ),
    turn("How much is the rent?", "And the deposit?", "How much is the deposit?"),
    turn("Was the boiler insured?", "What about the sprinklers?", "Were the sprinklers insured?"),
    turn(
        "What is the rent under the First Amendment?",
        "And the Second Amendment?",
        "What is the rent under the Second Amendment?",
    ),
    turn(
        "What is the rent under the First Amendment?",
        "And under the Second Amendment?",
        "What is the rent under the Second Amendment?",
    ),
    turn(ROOF, "And in the second lease?", "Who repairs the roof in the second lease?"),
    turn("What is the rent for the shop?", "And for the annex?", "What is the rent for the annex?"),
    turn("What was the rent in 2022?", "And in 2023?", "What was the rent in 2023?"),
    turn(
        "Can the landlord end the lease?",
        "And if the tenant pays late?",
        "Can the landlord end the lease if the tenant pays late?",
    ),
    turn(
        "When must the tenant pay the deposit for the annex?",
        "And the warehouse?",
        "When must the tenant pay the deposit for the warehouse?",
    ),
    words(
        "Did the pump flood the cellar because the valve failed?",
        "And the gauge?",
        "And the gauge?|(asked after: Did the pump flood the cellar because the valve failed?)",
    ),
    # another question word on the same frame
    turn(
        "Was the notice of default served?", "And when?", "When was the notice of default served?"
    ),
    turn("Can the landlord enter the shop?", "Why?", "Why can the landlord enter the shop?"),
    turn(ROOF, "Why?", "Who repairs the roof under the lease of Unit 7, and why?"),
    turn(
        "Who may assign the lease?",
        "Under which clause?",
        "Who may assign the lease, and under which clause?",
    ),
    turn(
        "Did Harwick Holdings LLC waive the deadline?",
        "By whom?",
        "By whom did Harwick Holdings LLC waive the deadline?",
    ),
    turn("When was the boiler inspected?", "Where?", "Where was the boiler inspected?"),
    # it, they, he, she
    turn("How much is the deposit?", "When is it due?", "When is the deposit due?"),
    turn("Were the sprinklers tested?", "Who tested them?", "Who tested the sprinklers?"),
    turn(
        "What did Marla Quennell say of the leak?",
        "When did she see the roof?",
        "When did Marla Quennell see the roof?",
    ),
    turn(
        "What did Mr. Dunmore promise?",
        "Did he put the promise in writing?",
        "Did Mr. Dunmore put the promise in writing?",
    ),
    words(
        "Did Mr. Dunmore call Mr. Ashgrove about the flood?",
        "What did he say?",
        "What did he say?|(asked after: Did Mr. Dunmore call Mr. Ashgrove about the flood?)",
    ),
    words(
        "Does the boiler heat the greenhouse?",
        "Who owns it?",
        "Who owns it?|(asked after: Does the boiler heat the greenhouse?)",
    ),
    turn(
        "What does Ostrander Milling Company, Inc. owe under the Loan Agreement?",
        "When must its debt be repaid?",
        "When must Ostrander Milling Company, Inc.'s debt be repaid under the Loan Agreement?",
    ),
    turn(
        "Does the Supply Contract have a cap on damages?",
        "Does this contract allow set-off?",
        "Does the Supply Contract allow set-off?",
    ),
    turn(
        "Was the notice of default sent by courier?",
        "Who signed that notice?",
        "Who signed the notice of default?",
    ),
    words("Did the landlord waive the breach?", "Does that bind the buyer?", AFTER + "Did the"),
    turn(
        (ROOF, "And the windows?"),
        "When were they last painted?",
        "When were the windows last painted under the lease of Unit 7?",
    ),
    turn(
        ("How much is the deposit?", "When is it due?"),
        "Where is it held?",
        "Where is the deposit held?",
    ),
    turn(
        "What is the term of the Loan Agreement?",
        "Who are the parties to this agreement?",
        "Who are the parties to the Loan Agreement?",
    ),
    # the document named before
    turn(ROOF, "And who paints the hall?", "And who paints the hall under the lease of Unit 7?"),
    turn(ROOF, "Who inspects the roof?", "Who inspects the roof under the lease of Unit 7?"),
    # what stands alone
    same(ROOF, "When does the Loan Agreement end?"),
    same(ROOF, "What did Marla Quennell testify about the ceiling?"),
    same(ROOF, "Is it true that the tenant withheld rent in October 2023?"),
    same(ROOF, "Is there a guarantor?"),
    same(ROOF, "Did the tenant pay its rent in May 2023?"),
    same("How much is the deposit?", "Did the landlord say that the boiler was new?"),
    same("How much is the deposit?", "Who signed the First Amendment and who witnessed it?"),
    same("How much is the deposit?", "What must a notice of default contain?"),
    same("Did Mr. Dunmore resign?", "If the tenant does not pay, may the landlord evict him?"),
    same(ROOF, "notice of default"),
    same("Was the boiler insured?", "Why was the loan repaid early?"),
    same("What is the rent?", "Under the Supply Contract, when is delivery due?"),
    same("What is the rent?", "How long does it take to cure a default under the Loan Agreement?"),
    same("Who signed the lease?", "What damages does the complaint in this action claim?"),
    same("What is the rent?", "And what is the interest rate of the Loan Agreement?"),
)

UNSEEN = (
    turn(
        "Who insures the elevator under the lease of Unit 7?",
        "And the escalator?",
        "Who insures the escalator under the lease of Unit 7?",
    ),
    turn("What does the broker earn?", "What about the agent?", "What does the agent earn?"),
    turn("Must the borrower keep records?", "And the lender?", "Must the lender keep records?"),
    turn(
        "How high is the late fee?",
        "And the default interest?",
        "How high is the default interest?",
    ),
    turn(
        "Is the awning the tenant's property?",
        "And the ovens?",
        "Are the ovens the tenant's property?",
    ),
    turn(
        "When does the option lapse under the Second Amendment?",
        "And under the First Amendment?",
        "When does the option lapse under the First Amendment?",
    ),
    turn(
        "What did the auditors find in 2020?", "And in 2021?", "What did the auditors find in 2021?"
    ),
    words(
        "Was the flour delivered to the mill?",
        "And to the bakery?",
        "Was the flour delivered to the bakery?",
        ("mill",),
    ),
    turn(
        "May the lender call the loan?",
        "And if the borrower cures the default?",
        "May the lender call the loan if the borrower cures the default?",
    ),
    words(
        "Did the broker show the plans of the annex to the buyer?",
        "And the survey?",
        "survey|broker|buyer",
    ),
    turn("Did the lender waive the covenant?", "When?", "When did the lender waive the covenant?"),
    words("Who waived the covenant?", "And when?", "Who waived the covenant|when"),
    words(
        "What is the cap on liability?", "Under which section?", "cap on liability|which section"
    ),
    turn(
        "Has the mortgage been discharged?",
        "On what date?",
        "On what date has the mortgage been discharged?",
    ),
    words("Which covenant did the borrower breach?", "Why?", "covenant|borrower breach|why"),
    turn("What is the late fee?", "From when is it charged?", "From when is the late fee charged?"),
    turn("Why did the carrier hire the trucks?", "Who drove them?", "Who drove the trucks?"),
    turn(
        "When was Ms. Tolliver hired?",
        "Why was she dismissed?",
        "Why was Ms. Tolliver dismissed?",
    ),
    words(
        "Did Ms. Tolliver warn Ms. Brandt?",
        "What did she answer?",
        "What did she answer?|Ms. Tolliver|Ms. Brandt",
    ),
    words(
        "Did the flood damage the freezer in the cellar?",
        "When was it bought?",
        "freezer|When was",
    ),
    turn(
        "Does the Supply Contract name a port?",
        "Is this agreement governed by English law?",
        "Is the Supply Contract governed by English law?",
    ),
    turn(
        "Who wrote the letter of intent?",
        "What date does that letter bear?",
        "What date does the letter of intent bear?",
    ),
    words("Was the tender late?", "Does this void the sale?", "tender late|void the sale"),
    words(
        ("Did the carrier lose the crates?", "And the pallets?"),
        "What were they worth?",
        "pallets|worth",
        ("they",),
    ),
    words(
        "What does Harwick Holdings LLC owe?",
        "What are its defences?",
        "Harwick Holdings LLC|defences",
    ),
    words(
        "Did the landlord fix the gutter under the lease of Unit 7?",
        "Must he do so?",
        "do so|gutter|lease of Unit 7",
    ),
    words(
        "Who may terminate the Supply Contract?",
        "And who pays the costs?",
        "who pays the costs|Supply Contract",
    ),
    words("Where is the mill?", "Who works there?", "Who works|mill"),
    # what stands alone
    same("Who wrote the letter?", "Does the Second Amendment change the rent?"),
    same("Who wrote the letter?", "Is it lawful to sublet the shop?"),
    same("Who wrote the letter?", "Were there any witnesses to the crash?"),
    same("Who wrote the letter?", "Did Harwick Holdings LLC keep its promise to repaint?"),
    same("How much is the late fee?", "Did the surveyor find that the wall was cracked?"),
    same("How much is the late fee?", "When was the crane rented and when was it returned?"),
    same("How much is the late fee?", "Who was the foreman on March 3, 2021?"),
    same("When was Ms. Tolliver hired?", "Did the nurse say when she left the ward?"),
    same("Who wrote the letter?", "Which clauses of the Loan Agreement deal with default?"),
    same("Was the tender late?", "Why did Ostrander Milling Company, Inc. stop its deliveries?"),
    same("Was the tender late?", "insurance certificate 2022"),
    same("What is the rent?", "Does this case involve a jury demand?"),
    same("What is the rent?", "Where is the lost ring that the tenant reported?"),
    same("What is the rent?", "May the tenant sublet the shop if the landlord objects?"),
    same("Did Mr. Pell resign?", "Has the employer given the director any shares?"),
    same("Did Mr. Pell resign?", "Where did Dr. Imre Falk examine the driver?"),
    same("Who wrote the letter?", "According to the Loan Agreement, what is a default?"),
)
