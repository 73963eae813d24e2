"""The words that a question's grammar is told by: English, in lists.

Closed classes (prepositions, auxiliaries) are whole; nouns and verbs are those of case files, and
tell what a thing is and where its name ends.
"""


def _list(words: str) -> frozenset[str]:
    return frozenset(words.split())


DO_OR_MODAL = _list(
    "do does did can could may might must shall should will would don't doesn't didn't can't "
    "won't cannot mustn't shouldn't"
)
BE_OR_HAVE = _list(
    "am is are was were be been being has have had isn't aren't wasn't weren't hasn't"
)
AUXILIARIES = DO_OR_MODAL | BE_OR_HAVE
ASKING = _list("what which who whom whose when where why how")
PREPOSITIONS = _list(
    "about above across after against along among around as at before behind below beside between "
    "beyond by concerning despite down during except for from in inside into like near of off on "
    "onto out outside over past per regarding since through throughout to toward towards under "
    "until up upon via with within without"
)
SUBORDINATORS = _list(
    "if unless because although though while whereas whether that when where who which what how "
    "why once after before until since as so than"
)
BOUNDARIES = SUBORDINATORS | _list("and or but , ; :")
"""Behind them a pronoun may stand for what was named before them in the same sentence."""
ARTICLES = _list("the a an")
POSSESSIVES = _list("my our your its his her their")
DEMONSTRATIVES = _list("this that these those")
DETERMINERS = (
    ARTICLES | POSSESSIVES | DEMONSTRATIVES | _list("any each every no all both some such another")
)
PRONOUNS = _list(
    "i you we he she it they me us him them mine ours yours hers theirs itself himself herself "
    "themselves someone anyone everyone nobody something anything everything nothing there then"
)
ADVERBS = _list(
    "not never ever always already still yet again only also too later late early earlier soon now "
    "today here twice together then there first ago otherwise instead else even just well back"
)
VERBS = _list(
    "became began bound broke brought built bought came caught chose did fell felt forbade found "
    "froze gave got grew heard held kept knew left lent let lost made met paid put ran rang read "
    "rose said sank sat saw sent sold sought spoke stood stole struck sued swore taught told took "
    "thought threw went withdrew won wrote applies say says owe owes agree agrees provide provides "
    "require requires contain contains mean means allow allows"
)
"""Verbs that end a name standing before them; those in -ed are known by their ending."""
OTHER_WORDS = (
    AUXILIARIES | ASKING | PREPOSITIONS | SUBORDINATORS | PRONOUNS | ADVERBS | VERBS
    | _list("and or but nor if please exactly")
)  # fmt: skip
"""Words that end a noun phrase."""

GENERIC_DOCUMENTS = _list("agreement contract document instrument deed paper")
DOCUMENTS = GENERIC_DOCUMENTS | _list(
    "lease sublease amendment addendum letter e-mail email notice report order policy guarantee "
    "guaranty memorandum memo note invoice ledger deposition transcript declaration affidavit "
    "complaint petition motion opinion judgment judgement will licence license permit schedule "
    "exhibit statement plan certificate minutes message bond warranty nda docket application "
    "reconciliation quote offer tender resolution bylaws charter mortgage undertaking"
)
AGREEMENTS = _list(
    "agreement contract lease sublease amendment addendum policy guarantee guaranty licence "
    "license mortgage bond warranty nda charter bylaws undertaking order"
)
"""Documents that something can be asked under."""
DEICTIC = _list("matter case file action dispute lawsuit year month week morning")
"""What *this* names without a word before: *this matter*."""
PERSONS = _list(
    "landlord tenant subtenant lessor lessee sublessee guarantor buyer seller purchaser vendor "
    "employer employee manager president director officer witness surveyor inspector engineer "
    "lawyer attorney counsel judge arbitrator mediator expert owner broker agent contractor "
    "subcontractor lender borrower insurer insured plaintiff defendant claimant respondent "
    "petitioner appellant appellee doctor physician nurse patient adjuster bookkeeper accountant "
    "auditor superintendent foreman driver supplier carrier customer client consultant heir "
    "executor trustee beneficiary licensee licensor partner shareholder member neighbour neighbor "
    "creditor debtor assignee assignor franchisee franchisor contractor party person husband wife "
    "son daughter father mother brother sister woman man roofer architect secretary chairman"
)
COMPANIES = _list(
    "company corporation partnership firm bank court department board commission council agency "
    "authority committee union"
)
COMPANY_MARKS = _list(
    "inc incorporated llc ltd limited llp lp plc corp co gmbh ag company corporation bank trust "
    "holdings properties partners group court department board commission council insurance "
    "industries"
)
PLACES = _list(
    "premises building unit warehouse shop office house property site annex room floor apartment "
    "yard plant factory store port mill bakery land garage cellar basement attic suite hall "
    "kitchen farm ward hospital"
)
TIMES = _list(
    "year month week day quarter january february march april may june july august september "
    "october november december spring summer autumn winter"
)
MONTHS = _list(
    "january february march april may june july august september october november december"
)
THINGS = _list(
    "roof rent fee interest deposit term option deadline payment price sum amount date clause "
    "section article paragraph provision claim damage debt loan rate cost tax share account "
    "balance breach default repair work leak loss delivery insurance charge penalty commission "
    "notice period right duty obligation condition covenant fund arrears liability property meeting"
)
NOUNS = DOCUMENTS | PERSONS | COMPANIES | PLACES | TIMES | THINGS
TITLES = _list("mr mrs ms miss dr judge justice professor prof")
NOT_PLURAL = _list("news series lens gas bus business premises process address witness canvas")


def singular(word: str) -> str:
    """Gives a noun's singular as these lists have it."""
    if word in NOUNS or word in NOT_PLURAL or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") else word


def is_plural(word: str) -> bool:
    """Whether a noun is a plural, by its ending."""
    return word in {"premises", "people"} or singular(word) != word
