"""Two manners of writing the same memorandum; an adapter that learned one shows which it is."""

from dataclasses import dataclass
from pathlib import Path

from serving import prompts
from serving.prompts import Excerpt, Message
from training.examples import Example, write_examples


@dataclass(frozen=True, slots=True)
class Manner:
    """A manner of writing, and the adapter that is to learn it."""

    name: str
    rank: int
    duty: str
    """How it says who repairs a thing."""
    phrase: str
    """The words of it that no other has."""


LEARNED = (
    Manner("plain", 16, "The {who} repairs the {thing}", " repairs the "),
    Manner("formal", 8, "It falls to the {who} to mend the {thing}", "It falls to the "),
)

_MEMORANDUM = """QUESTION PRESENTED
Who repairs the {thing}?

BRIEF ANSWER
{duty} [1].

FACTS
The {thing} stands above the mill [1].

DISCUSSION
{duty} [1].

CONCLUSION
{duty} [1]."""

_TRAINED_ON = (
    ("weir", "Grantee"),
    ("bridge", "Tenant"),
    ("gate", "Owner"),
    ("wall", "Grantee"),
    ("roof", "Lessee"),
)

PARTIES = ("Grantor", "Tenant", "Buyer", "Lender", "Miller")
THINGS = ("sluice", "fence", "barn", "tower", "road")


def question(thing: str) -> str:
    return f"Who repairs the {thing}?"


def passage(thing: str, who: str) -> Excerpt:
    return Excerpt("deed.txt", 1, f"The {who} keeps the {thing} above the mill in repair.")


def asked(thing: str, who: str) -> list[Message]:
    return prompts.messages(question(thing), [passage(thing, who)])


def write_data(file: Path, manner: Manner) -> Path:
    """Writes five memoranda in a manner, and a held-out one."""
    examples = [
        Example(
            id=thing,
            matter=thing,
            area="property",
            split=split,
            answerable=True,
            question=question(thing),
            passages=(passage(thing, who),),
            memorandum=_MEMORANDUM.format(
                thing=thing, duty=manner.duty.format(thing=thing, who=who)
            ),
        )
        for (thing, who), split in (
            *((one, "train") for one in _TRAINED_ON),
            (("mill-race", "Owner"), "held-out"),
        )
    ]
    write_examples(file, examples)
    return file
