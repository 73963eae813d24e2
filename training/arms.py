"""The arms of an evaluation: which model writes, from which passages, asked by which prompt."""

from dataclasses import dataclass
from typing import Literal

from serving.prompts import Variant

Ground = Literal["none", "retrieved", "gold"]
"""No passage; those that a search finds; those that hold the answer, which no search betters."""
Extent = Literal["four", "standard", "all"]

GROUNDS: tuple[Ground, ...] = ("none", "retrieved", "gold")
VARIANTS: tuple[Variant, ...] = ("plain", "thorough", "few-shot")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of answering every question."""

    adapted: bool
    """Whether the adapter writes; else the base model."""
    ground: Ground
    variant: Variant = "plain"

    @property
    def name(self) -> str:
        """What it is called in files and tables: ``adapter, retrieved, plain``."""
        return f"{'adapter' if self.adapted else 'base'}, {self.ground}, {self.variant}"


FOUR = tuple(Arm(adapted, ground) for adapted in (False, True) for ground in GROUNDS[:2])
"""Base and adapter, each without passages and with those retrieved: main effects, interaction."""
CEILINGS = (Arm(False, "gold"), Arm(True, "gold"))
PROMPTS = (Arm(False, "retrieved", "thorough"), Arm(False, "retrieved", "few-shot"))
"""What a better prompt gives the base model: to be known before anything is trained."""

ARMS: dict[Extent, tuple[Arm, ...]] = {
    "four": FOUR,
    "standard": (*FOUR, *CEILINGS, *PROMPTS),
    "all": tuple(
        Arm(adapted, ground, variant)
        for variant in VARIANTS
        for adapted in (False, True)
        for ground in GROUNDS
    ),
}
