"""A memorandum with other facts in the places of its own, and the same words around them."""

import random
import re

from serving.citations import sentences
from serving.facts import PASSAGE_NUMBER, facts
from serving.quantities import quantities

NAMES = (
    "Thistlewood", "Marit Okonjo", "Quayle", "Ferris Lund", "Brackwater", "Ines Calloway Drummond",
    "Oyelaran", "Pemberley Stone Works", "Vantongeren", "Hollis & Wray",
)  # fmt: skip
DAYS = ("May 9, 1998", "October 30, 2021", "1 February 2003", "7/14/2011")
SUMS = ("$12", "$4,250.75", "$3.2 million", "$911,000")
NUMBERS = ("7", "4410", "88", "1,250")


def shuffled(memorandum: str, seed: int) -> str:
    """Gives the memorandum with every fact exchanged for another of its kind.

    A name may get more words or fewer; it is the same one wherever it stands.
    """
    draw = random.Random(seed)
    text = PASSAGE_NUMBER.sub(lambda mark: f"[{draw.randint(1, 9)}]", memorandum)
    for one in reversed(quantities(PASSAGE_NUMBER.sub(lambda m: "_" * len(m.group()), text))):
        kinds = {key[0] for reading in one.readings for key in reading}
        pool = DAYS if kinds & {"date", "day"} else SUMS if "$" in kinds else NUMBERS
        if kinds & {"month", "decade", "of the month", "%"} or (
            pool is NUMBERS and _within(text, one)
        ):
            continue
        text = text[: one.start] + draw.choice(pool) + text[one.end :]
    parts, at = [], 0
    names: dict[str, str] = {}
    for start, end in sentences(text):
        parts += [text[at:start], _renamed(text[start:end], names, draw)]
        at = end
    return "".join([*parts, text[at:]])


def _within(text: str, one: object) -> bool:
    """Whether a number is a part of a reference, whose form would be another."""
    start, end = one.start, one.end  # type: ignore[attr-defined]
    return bool(re.search(r"[^\d,]", text[start:end])) or text[end : end + 1] in "-–("


def _renamed(sentence: str, names: dict[str, str], draw: random.Random) -> str:
    words = [
        one
        for one in facts(PASSAGE_NUMBER.sub("", sentence))
        if re.fullmatch(r"[A-Z][\w&'’-]*", one) and not quantities(one)
    ]
    if not words or sentence.isupper():
        return sentence
    either = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    run = re.compile(rf"(?<![\w-])(?:{either})(?: (?:{either}))*(?![\w-])")
    return run.sub(lambda found: names.setdefault(found.group(), draw.choice(NAMES)), sentence)
