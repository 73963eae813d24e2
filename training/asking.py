"""Every question to every arm: the part of an evaluation that takes time, and that goes on."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableGenerator

from serving import prompts
from serving.adapters import Adapter
from serving.engine import Engine
from serving.grammar import memorandum_grammar, most_tokens
from serving.writing import excerpt, written
from training import peak
from training.arms import Arm
from training.grounds import Grounds
from training.written import Pages, Written


@dataclass(frozen=True, slots=True)
class Decoding:
    """How every arm decodes: greedy always, these many tokens, held to the grammar or not."""

    max_tokens: int
    bound: bool = False


def ask_all(
    engine: Engine,
    adapter: Adapter | None,
    arms: Sequence[Arm],
    questions: Sequence[Grounds],
    pages: Pages,
    decoding: Decoding,
    report: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> None:
    """Asks what is not written yet, question by question, so that a part of a run is paired.

    Raises:
        ModelUnavailable: the engine failed; what was written by then is kept.
    """
    steps = [(one, arm) for one in questions for arm in arms]
    for done, (one, arm) in enumerate(steps):
        report(done, len(steps), f"{one.question.id}: {arm.name}")
        if pages.get(arm.name, one.question.id, one.ids(arm.ground)) is None:
            pages.add(
                _twin(arm, one, pages)
                or write(engine, adapter if arm.adapted else None, arm, one, decoding)
            )
    report(len(steps), len(steps), "asked")


def _twin(arm: Arm, one: Grounds, pages: Pages) -> Written | None:
    """What was written to the very same request; None where there is none.

    Where the file does not answer, gold passages are those retrieved, and greedy decoding would
    write the same again.
    """
    if arm.ground != "gold" or one.ids("gold") != one.ids("retrieved"):
        return None
    twin = replace(arm, ground="retrieved")
    row = pages.get(twin.name, one.question.id, one.ids("retrieved"))
    return None if row is None else replace(row, arm=arm.name)


def write(
    engine: Engine, adapter: Adapter | None, arm: Arm, one: Grounds, decoding: Decoding
) -> Written:
    """Asks one question in one arm, greedily. Raises ModelUnavailable."""
    given = one.given(arm.ground)
    rules = memorandum_grammar(len(given), decoding.max_tokens) if decoding.bound else None
    limit = most_tokens(decoding.max_tokens) if decoding.bound else decoding.max_tokens
    # No two requests are of one matter, so that a server's cache of prompts serves neither.
    model = engine.chat_model(adapter, max_tokens=limit, grammar=rules, matter=uuid.uuid4().hex)
    asked = prompts.messages(
        one.question.question, [excerpt(passage) for passage in given], arm.variant
    )
    used = [0, 0]

    def counted(messages: Iterator[AIMessage]) -> Iterator[AIMessage]:
        for message in messages:
            if usage := message.usage_metadata:
                used[:] = usage["input_tokens"], usage["output_tokens"]
            yield message

    counting: Runnable[AIMessage, AIMessage] = RunnableGenerator(counted)
    peak.reset()
    started, first = time.monotonic(), 0.0
    parts = []
    for part in written(model | counting, asked):
        first = first or time.monotonic() - started
        parts.append(part)
    seconds = time.monotonic() - started
    return Written(
        arm=arm.name,
        question=one.question.id,
        passages=one.ids(arm.ground),
        text="".join(parts).strip(),
        prompt_tokens=used[0],
        tokens=used[1] or len(parts),
        first_token_seconds=round(first, 3),
        seconds=round(seconds, 3),
        peak_bytes=peak.peak_bytes(),
    )
