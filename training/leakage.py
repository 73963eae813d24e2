"""Examples that are nearly the same, within a part and across training and held-out part.

A held-out memorandum that was trained on under other names is no test, so names do not tell two
examples apart here: the word runs that both have in common are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.near_duplicates import SAME, Signature, Signatures, shared, signature
from serving.facts import PASSAGE_NUMBER
from serving.house import HEADINGS
from training.examples import Example


@dataclass(frozen=True, slots=True)
class Repeated:
    """An example that repeats an earlier one of the file."""

    example: str
    matter: str
    of: str
    what: str
    """``memorandum``, or ``case file``: all passages together."""
    share: float
    """Of the word runs of both that they have in common."""
    leaks: bool
    """One of them is trained on and the other is held out."""

    @property
    def told(self) -> str:
        """Gives the finding in words."""
        where = ", on the other side of the split" if self.leaks else ""
        return f"its {self.what} is nearly that of {self.of}{where} ({self.share:.0%} in common)"


def repeated(examples: Sequence[Example]) -> list[Repeated]:
    """Gives the examples whose memorandum, or case file, is nearly that of an earlier one.

    Of a pair within one part only the memorandum counts: many questions to one case file are what
    a firm has. Each example is given once for each text, with the one it is nearest to, one across
    the split before any other.
    """
    found = []
    for what, texts in (
        ("memorandum", [_memorandum(example) for example in examples]),
        ("case file", [_case_file(example) for example in examples]),
    ):
        known = Signatures({})
        for index, text in enumerate(texts):
            one = signature(text)
            nearest = _nearest(examples, index, one, known.likely(one), what)
            if nearest is not None:
                found.append(nearest)
            known.put(str(index), one)
    return found


def _nearest(
    examples: Sequence[Example],
    index: int,
    one: Signature,
    likely: dict[str, Signature],
    what: str,
) -> Repeated | None:
    example = examples[index]
    near = []
    for key, signed in likely.items():
        other = examples[int(key)]
        leaks = other.split != example.split
        share = shared(one, signed)
        if share >= SAME and (leaks or what == "memorandum"):
            near.append(Repeated(example.id, example.matter, other.id, what, share, leaks))
    return max(near, key=lambda found: (found.leaks, found.share), default=None)


def _memorandum(example: Example) -> str:
    text = PASSAGE_NUMBER.sub("", example.memorandum)
    return "\n".join(line for line in text.splitlines() if line.strip() not in HEADINGS)


def _case_file(example: Example) -> str:
    # In the order of their texts: the prompt's order is drawn by chance.
    return "\n".join(sorted(passage.text for passage in example.passages))
