"""How the house writes its memoranda: what it calls their five parts, and its register.

One TOML file (``CASEWRIGHT_HOUSE``) for training and serving alike, so that an adapter is trained
on the very names and words that it will be asked with:

    register = "Write British English, in the third person, without contractions."

    [headings]
    "QUESTION PRESENTED" = "ISSUE"
    "DISCUSSION" = "OPINION"

Examples are kept under Casewright's own names, ``HEADINGS``; the house's stand only in what a
model reads and writes, and in what people read.
"""

import difflib
import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from retrieval.errors import CasewrightError
from serving.settings import FormSettings

HEADINGS = ("QUESTION PRESENTED", "BRIEF ANSWER", "FACTS", "DISCUSSION", "CONCLUSION")
"""The parts of a memorandum in their order, by Casewright's own names."""

# Two capitals at least: a grammar keeps lines that begin so for headings.
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ]{2,}(?:[ &'-]{1,3}[A-ZÀ-ÖØ-Þ]+)*")


class BadHouse(CasewrightError):
    """A file of the house's form that cannot be used."""


@dataclass(frozen=True, slots=True)
class House:
    """What the five parts are called, in their order, and how the house writes."""

    headings: tuple[str, ...] = HEADINGS
    register: str = ""
    """What a model is told of it; empty where nothing is."""

    def worded(self, memorandum: str) -> str:
        """Gives a memorandum under Casewright's own names with the house's in their place."""
        names = dict(zip(HEADINGS, self.headings, strict=True))
        lines = memorandum.split("\n")
        return "\n".join(names.get(line.strip(), line) for line in lines)


@functools.cache
def house() -> House:
    """Gives the house of this process, read once.

    Raises:
        BadHouse: as ``read_house``.
    """
    try:
        file = FormSettings().house
    except ValidationError as error:
        raise BadHouse(
            f"CASEWRIGHT_HOUSE: {error.errors()[0]['msg']}; correct the variable"
        ) from None
    return House() if file is None else read_house(file)


def read_house(file: Path) -> House:
    """Gives the house of a TOML file.

    Raises:
        BadHouse: no such file, no TOML, an unknown key (named with its nearest neighbour), or names
            that are not all different, in capitals.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        form = _Form.model_validate(table)
    except OSError:
        raise BadHouse(f"{file}: no such file; set CASEWRIGHT_HOUSE to a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadHouse(f"{file}: not a TOML file ({error}); correct it") from None
    except ValidationError as error:
        raise BadHouse(f"{file}: {_told(error)}") from None
    names = tuple(form.headings.get(heading, heading) for heading in HEADINGS)
    if len({*names}) != len(names):
        raise BadHouse(f"{file}: two parts have one name ({', '.join(names)}); name them apart")
    return House(names, form.register_)


class _Form(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid")

    headings: dict[str, str] = Field(default_factory=dict)
    register_: str = Field("", alias="register", max_length=400)

    @field_validator("headings")
    @classmethod
    def _known(cls, headings: dict[str, str]) -> dict[str, str]:
        for part, name in headings.items():
            if part not in HEADINGS:
                raise ValueError(f"unknown part {part}; {_near(part, HEADINGS)}")
            if len(name) > 60 or not _NAME.fullmatch(name):
                raise ValueError(f"{part} is called {name!r}; give words in capitals")
        return headings

    @field_validator("register_")
    @classmethod
    def _one_line(cls, register: str) -> str:
        if "\n" in register.strip() or "<|" in register:
            raise ValueError("register is more than one line of words; shorten it")
        return register.strip()


def _told(error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"unknown key {key}; {_near(key, ('headings', 'register'))}"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return f"{key}: {fault['msg']}; correct the value"


def _near(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
