"""Examples in which the file does not say: what would answer is kept out of the prompt."""

import random
from collections.abc import Sequence
from dataclasses import replace

from serving.house import HEADINGS
from serving.prompts import Excerpt
from training.align import PASSAGES, Supported, cited
from training.examples import Example

_BRIEF = (
    "The case file does not answer this question.",
    "This cannot be answered from the passages.",
    "The passages given do not settle the point.",
)
_DISCUSSION = (
    "None of the passages states what would decide the question.",
    "What the passages hold bears on the background alone, and nothing in them decides the point.",
    "The passages were searched for an answer, and they give none.",
)
_CONCLUSION = (
    "No view should be given until the documents that decide the point are obtained.",
    "The question stays open; the rest of the file should be obtained before advice is given.",
    "Advice must wait for the documents that these passages do not hold.",
)


def withheld(
    example: Example,
    left: Sequence[Excerpt],
    facts: Sequence[Supported],
    draw: random.Random,
) -> Example | None:
    """Gives an example whose prompt has only passages that the memorandum did not rely on.

    ``facts`` are sentences that they support all the same: a memorandum that cannot answer still
    tells what the file has. None where there are none.
    """
    told = [one for one in facts if all(index < PASSAGES for index in one.by)][:2]
    if not told or len(left) < 3:
        return None
    shown = list(left[:PASSAGES])
    facts_told = " ".join(cited(one.text, [index + 1 for index in one.by]) for one in told)
    sections = (
        example.question,
        draw.choice(_BRIEF),
        facts_told,
        draw.choice(_DISCUSSION),
        draw.choice(_CONCLUSION),
    )
    parts = [f"{heading}\n{text}" for heading, text in zip(HEADINGS, sections, strict=True)]
    return replace(
        example,
        id=f"{example.id}, withheld",
        answerable=False,
        passages=tuple(shown),
        memorandum="\n\n".join(parts),
    )
