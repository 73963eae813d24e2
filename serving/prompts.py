"""The only place where a prompt is rendered; training renders its examples here too.

An adapter therefore never learns a form that serving does not send.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from serving.facts import PASSAGE_NUMBER
from serving.house import house
from serving.shots import SHOTS, Shot

SYSTEM = (
    "You are an associate in a law firm. Write a legal memorandum that answers the question from "
    "the numbered passages of the case file. After each sentence that relies on a passage, cite "
    "its number in brackets, as [1]. State only what the passages say; where they do not answer "
    "the question, say so."
)

OTHER_FORM = (
    "The adapter was trained on another form of the prompt, or for another house: it may not hold "
    "to this one. Train it again."
)
"""What is said of an answer whose adapter's fingerprint is not that of its prompt."""

SYSTEM_WITHOUT_PASSAGES = (
    "You are an associate in a law firm. Write a legal memorandum that answers the question."
)

Variant = Literal["plain", "thorough", "few-shot"]
"""How much a prompt tells. Training and ``ask`` send the plain one; ``evaluate`` and ``diagnose``
also try the others, since a better prompt is the cheapest lever."""

THOROUGH = (
    "Under the first heading put the question as one sentence that begins with Whether. Under the "
    "second answer it in one to three sentences, the answer first. Under the third tell the facts "
    "that matter, with their dates, amounts and names. Under the fourth reason from the facts to "
    "the answer. Under the fifth say what follows. Write plain sentences in the third person, no "
    "lists, no greeting, no closing words. Write each heading on a line of its own and nothing "
    "before the first."
)
"""What the thorough prompt adds to the plain one, passages or not."""
THOROUGH_WITH_PASSAGES = (
    "Cite only numbers of passages that are given, directly behind what they support, before the "
    "full stop. Give no date, amount, name or rule that no passage states. If no passage states "
    "the answer, write under the second heading: The case file does not answer this question."
)

TEMPLATE_DATE = "26 Jul 2024"
"""Llama 3.1's chat template writes the day's date into the prompt; here always its own default."""

_CITED = re.compile(rf"\s?{PASSAGE_NUMBER.pattern}")
_CONTROL = re.compile(
    r"<(?=\||/?(?:s|unk|bos|eos|pad|start_of_turn|end_of_turn)>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])"
)
"""Where a token begins that means something to a model of the Llama class, however templated."""

Message = dict[str, str]
"""A chat message: ``role`` and ``content``."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as the prompt shows it: the document's name, the page and the text."""

    document: str
    page: int
    text: str

    @property
    def shown(self) -> str:
        """The text under its place: the words that a citation of it can rest on."""
        return f"{self.document}, p. {self.page}\n{self.text}"


def messages(
    question: str, excerpts: Sequence[Excerpt], variant: Variant = "plain"
) -> list[Message]:
    """Gives the chat messages that ask for a memorandum.

    Excerpts are numbered from 1 in the order given; without any, the model is asked from
    what it knows (the arm ``--no-retrieval``).
    """
    system, user = _plain(question, excerpts)
    if variant == "thorough":
        more = f"{THOROUGH} {THOROUGH_WITH_PASSAGES}" if excerpts else THOROUGH
        return [{**system, "content": f"{system['content']} {more}"}, user]
    if variant == "few-shot":
        shown = [turn for shot in SHOTS for turn in _shown(shot, cited=bool(excerpts))]
        return [system, *shown, user]
    return [system, user]


def _plain(question: str, excerpts: Sequence[Excerpt]) -> tuple[Message, Message]:
    # The form stands last, nearest to where the model begins to write: small models follow it.
    asked = f"Question: {_data(question)}\n\n{form()}"
    if not excerpts:
        return (
            {"role": "system", "content": _registered(SYSTEM_WITHOUT_PASSAGES)},
            {"role": "user", "content": asked},
        )
    shown = "\n\n".join(
        f"[{number}] {_data(excerpt.document)}, p. {excerpt.page}\n{_data(excerpt.text)}"
        for number, excerpt in enumerate(excerpts, start=1)
    )
    return (
        {"role": "system", "content": _registered(SYSTEM)},
        {"role": "user", "content": f"Passages:\n\n{shown}\n\n{asked}"},
    )


def _shown(shot: Shot, *, cited: bool) -> tuple[Message, Message]:
    """An example of ours as two turns: asked with its passages, or without and then uncited."""
    excerpts = [Excerpt(*passage) for passage in shot.passages] if cited else []
    written = shot.memorandum if cited else _CITED.sub("", shot.memorandum)
    _, user = _plain(shot.question, excerpts)
    return user, {"role": "assistant", "content": house().worded(written)}


def form() -> str:
    """Gives the line that asks for the house's headings."""
    return f"Write the memorandum under these headings: {', '.join(house().headings)}."


def _registered(system: str) -> str:
    return f"{system} {house().register}".rstrip()


def _data(text: str) -> str:
    """Text that cannot end its own turn: the control tokens of chat templates are broken up."""
    return _CONTROL.sub(lambda opening: f"{opening.group()} ", text.strip())


def fingerprint(variant: Variant = "plain") -> str:
    """Gives the hash of the prompt's form, for the receipt of an answer and an adapter's card."""
    asked = messages("{question}", [Excerpt("{document}", 1, "{text}")], variant)
    return hashlib.sha256((repr(asked) + repr(house().headings)).encode()).hexdigest()
