"""A scripted model that reads its prompt: it states those of a question's gold facts that it finds.

Its faults are planted: in which form it writes, and what it needs to be told to write well.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from serving import prompts
from serving.adapters import Adapter
from serving.models import BaseModel
from tests.serving.scripted import Scripted, says
from training.fact_score import stands
from training.gold import GoldQuestion

GOOD = """QUESTION PRESENTED
Whether the file answers the point that was put to us, and how far it may be relied on.

BRIEF ANSWER
Yes, probably. {answer} Nothing else says otherwise, and the point can be advised on.

FACTS
The passages were read for what bears on the point. {answer} The rest of what they hold is
background, which was considered because it shows how the parties came to deal with each other.

DISCUSSION
The point turns on what the documents say. They are clear where they speak of it, although they
were written by different hands and for different ends. What was written first was not withdrawn
later, so that it stands. It may be said against this that the parties acted otherwise for a time.
That does not help, because conduct alone changes no writing that asks for a writing. The better
view is that the documents are to be taken at their word.

CONCLUSION
The point should be taken as the documents have it. We should say so in advice, and keep the rest
open."""
CHATTY = """Sure! Here is what I found:

- **Answer**: {answer}
- I hope this helps!
- Please let me know if you'd like me to write more!"""
BASE = "{answer} That is what the documents seem to say about it, as far as one can see."
NOTHING = "It is hard to say."


@dataclass(frozen=True)
class Faults:
    """What is planted."""

    bad_adapter: bool = False
    """The adapter chats, whatever it is told."""
    needs_telling: bool = False
    """It writes well and answers only where the thorough prompt tells it how."""
    too_small: bool = False
    """It states none of the facts that it is given."""


class Reader:
    """An engine of such a model, base and adapter."""

    def __init__(
        self, questions: Sequence[GoldQuestion], adapter: Adapter | None, faults: Faults
    ) -> None:
        self.base = BaseModel("reader", __file__, "b" * 64)  # type: ignore[arg-type]
        self.adapters = () if adapter is None else (adapter,)
        self._questions = questions
        self._faults = faults

    def chat_model(self, adapter: Adapter | None, **options: Any) -> Scripted:
        def answer(messages: list[BaseMessage]) -> str:
            return self._written(messages, adapted=adapter is not None)

        return _Answering(messages=iter([]), answer=answer)

    def close(self) -> None:
        """Nothing is held."""

    def _written(self, messages: Sequence[BaseMessage], *, adapted: bool) -> str:
        asked = messages[-1].text
        told = prompts.THOROUGH in messages[0].text
        question = next(one for one in self._questions if f"Question: {one.question}" in asked)
        passages = re.findall(r"^\[(\d+)\] (.*?)(?=^\[\d+\] |\Z)", asked, re.M | re.S)
        answer = [
            f"The file has {fact} [{number}]."
            for fact in question.facts
            for number, text in passages
            if stands(fact, text)
        ]
        if self._faults.too_small or (self._faults.needs_telling and not told):
            answer = []
        written = " ".join(dict.fromkeys(answer)) or NOTHING
        if not adapted:
            return BASE.format(answer=written)
        if self._faults.bad_adapter:
            return CHATTY.format(answer=written)
        if self._faults.needs_telling and not told:
            return BASE.format(answer=written)
        return GOOD.format(answer=written)


class _Answering(Scripted):
    answer: Callable[[list[BaseMessage]], str]

    def _stream(self, messages: list[BaseMessage], *given: Any, **options: Any) -> Any:
        self.messages = says(self.answer(messages)).messages
        return super()._stream(messages, *given, **options)
