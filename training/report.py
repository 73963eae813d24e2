"""All that ``casewright dataset check`` finds in a file of examples."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from serving.house import HEADINGS
from training.boilerplate import MUCH, Boilerplate, boilerplate
from training.checks import Fault, check_examples, refuse_few, sections
from training.examples import Example
from training.jsonl import BadExamples
from training.leakage import repeated
from training.personal import personal
from training.tokens import Lengths

FAULTS = ("headings", "citation", "fact closure", "split", "leak", "duplicate", "length")
WARNINGS = ("near-duplicate", "boilerplate", "personal data", "passages", "size")


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of a check: faults refuse the file, warnings do not."""

    examples: int
    trained: int
    matters: int
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    verdicts: dict[str, str]
    """By example: ``faulty``, ``warned`` or ``good``."""
    refused: str
    """Why the file is refused as a whole; else empty."""
    coverage: dict[str, int]
    """By heading: the examples that have text under it."""
    boilerplate: Boilerplate
    lengths: Lengths | None
    """None where tokens could not be counted."""

    def counted(self) -> dict[str, int]:
        """Gives how many findings each check has, those without any included."""
        found = Counter(one.check for one in (*self.faults, *self.warnings))
        return {check: found[check] for check in (*FAULTS, *WARNINGS)}

    def verdict_counts(self) -> dict[str, int]:
        """Gives how many examples have each verdict."""
        found = Counter(self.verdicts.values())
        return {verdict: found[verdict] for verdict in ("good", "warned", "faulty")}

    def boilerplate_share(self) -> float:
        """Gives the mean share of a memorandum's words that recur over several matters."""
        shares = self.boilerplate.shares.values()
        return sum(shares) / len(shares)

    def summary(self) -> Iterator[tuple[str, str]]:
        """Gives the figures in words, each with its name."""
        yield (
            "examples",
            f"{self.examples} of {self.matters} matters: {self.trained} to train on, "
            f"{self.examples - self.trained} held out",
        )
        yield "verdicts", ", ".join(f"{n} {name}" for name, n in self.verdict_counts().items())
        for check, count in self.counted().items():
            yield check, f"{count} {'fault' if check in FAULTS else 'warning'}{'s' * (count != 1)}"
        lacking = {heading: self.examples - count for heading, count in self.coverage.items()}
        empty = ", ".join(f"{heading} in {n}" for heading, n in lacking.items() if n)
        yield "sections", f"missing or empty: {empty}" if empty else "all five in every example"
        yield "recurring words", f"{self.boilerplate_share():.1%} of a memorandum on average"
        if self.lengths is not None:
            counts = sorted(one.tokens for one in self.lengths.examples)
            yield (
                "tokens",
                f"{counts[0]:,} to {counts[-1]:,}, median {counts[len(counts) // 2]:,}, "
                f"limit {self.lengths.max_tokens:,}",
            )
            yield "trained on", f"{self.lengths.trained_share:.1%} of the tokens"

    def as_json(self) -> dict[str, Any]:
        """Gives the report for a program; of the phrases the text, of the masks nothing."""
        found = self.lengths
        return {
            "examples": self.examples,
            "trained": self.trained,
            "matters": self.matters,
            "refused": self.refused,
            "verdicts": {"counts": self.verdict_counts(), "by_example": self.verdicts},
            "checks": self.counted(),
            "faults": [asdict(one) for one in self.faults],
            "warnings": [asdict(one) for one in self.warnings],
            "sections": self.coverage,
            "boilerplate": {
                "share": round(self.boilerplate_share(), 4),
                "phrases": [asdict(phrase) for phrase in self.boilerplate.phrases],
            },
            "tokens": None
            if found is None
            else {
                "limit": found.max_tokens,
                "trained_share": round(found.trained_share, 4),
                "by_example": [asdict(one) for one in found.examples],
            },
        }


def checked(
    data: Path, examples: Sequence[Example], lengths: Lengths | None, *, force: bool
) -> Report:
    """Gives what all checks find; ``data`` is the examples' file, for what is said of it.

    ``force`` lets fewer than 50 training examples pass with a warning.
    """
    refused, few = "", ""
    try:
        few = refuse_few(data, examples, force=force)
    except BadExamples as error:
        refused = str(error)
    faults = check_examples(examples)
    if lengths is not None:
        faults += [
            Fault(
                one.example,
                "length",
                f"{one.tokens} tokens, more than data.max_tokens ({lengths.max_tokens}): it would "
                f"lose {one.cut}",
            )
            for one in lengths.examples
            if one.cut
        ]
    found = boilerplate(examples)
    warnings = [Fault(data.name, "size", few)] if few else []
    for example in examples:
        warnings += _warnings(example, found)
    warnings += [
        Fault(one.example, "near-duplicate", one.told)
        for one in repeated(examples)
        if not one.leaks
    ]
    filled = [sections(example.memorandum) for example in examples]
    return Report(
        examples=len(examples),
        trained=sum(example.split == "train" for example in examples),
        matters=len({example.matter for example in examples}),
        faults=tuple(faults),
        warnings=tuple(warnings),
        verdicts=_verdicts(examples, faults, warnings),
        refused=refused,
        coverage={heading: sum(bool(one.get(heading)) for one in filled) for heading in HEADINGS},
        boilerplate=found,
        lengths=lengths,
    )


def _warnings(example: Example, found: Boilerplate) -> Iterator[Fault]:
    for mark in found.marks.get(example.id, ()):
        yield Fault(example.id, "boilerplate", f"{mark} stands in the memorandum")
    if found.shares[example.id] > MUCH:
        share = f"{found.shares[example.id]:.0%} of its words stand in other matters' memoranda too"
        yield Fault(example.id, "boilerplate", share)
    counted = Counter((one.kind, one.covered) for one in personal(example.memorandum))
    for kind, covered in counted:
        yield Fault(example.id, "personal data", f"{kind} in the memorandum: {covered}")
    if not example.passages:
        yield Fault(example.id, "passages", "its prompt has no passage")


def _verdicts(
    examples: Sequence[Example], faults: Sequence[Fault], warnings: Sequence[Fault]
) -> dict[str, str]:
    # A fault of the split is held against a matter: against all of its examples.
    faulty, warned = {one.example for one in faults}, {one.example for one in warnings}
    split = {one.example for one in faults if one.check == "split"}
    return {
        example.id: "faulty"
        if example.id in faulty or example.matter in split
        else "warned"
        if example.id in warned
        else "good"
        for example in examples
    }
