"""Lines on a page -> the order in which a person reads them."""

import pytest

from retrieval.reading_order import Line, in_reading_order

PROSE = "words that fill a column from side to side"


def line(text: str, left: float, top: float, width: float = 400) -> Line:
    return Line(left, top, left + width, top + 20, text, 1.0)


def column(name: str, left: float, top: float = 0, rows: int = 6) -> list[Line]:
    return [line(f"{name}{row} {PROSE}", left, top + 30 * row) for row in range(rows)]


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        ([], []),
        ([line("two", 0, 40), line("one", 0, 0)], ["one", "two"]),
        ([line("right", 500, 3), line("left", 0, 0)], ["left right"]),
        (
            [line("Title over both", 200, -60), *column("b", 500), *column("a", 0)],
            [
                "Title over both",
                "",
                *(f"a{n} {PROSE}" for n in range(6)),
                *(f"b{n} {PROSE}" for n in range(6)),
            ],
        ),
        (
            [
                *(line(f"item {n}", 0, 30 * n, 60) for n in range(6)),
                *(line(f"${n}", 500, 30 * n, 40) for n in range(6)),
            ],
            [f"item {n} ${n}" for n in range(6)],
        ),
        (
            [*(line(str(n), 0, 30 * n, 20) for n in range(1, 13)), line("between 1 and 2", 80, 45)],
            [*map(str, range(1, 13)), "between 1 and 2"],
        ),
        (
            [Line(0, 0, 20, 300, "up the margin", 1.0), *column("a", 60)],
            [*(f"a{n} {PROSE}" for n in range(6)), "up the margin"],
        ),
    ],
    ids="nothing two-lines one-row columns table pleading margin".split(),
)
def test_order(lines: list[Line], order: list[str]) -> None:
    assert in_reading_order(lines).split("\n") == (order or [""])


def test_many_small_lines_take_no_recursion() -> None:
    lines = [line(str(n), 0, 40 * n) for n in range(2000)]
    assert in_reading_order(lines).split("\n") == [str(n) for n in range(2000)]
