"""The shares of a question's words that stand in passages."""

import pytest

from retrieval.coverage import coverage

ROOF = "The roof of Unit 7 leaked in September."


@pytest.mark.parametrize(
    ("question", "texts", "shares"),
    [
        ("When did the roof leak?", [ROOF], (1.0, 1.0)),
        ("When did the roof leaks begin?", [ROOF], (2 / 3, 2 / 3)),
        ("Who mended the roof and the boiler?", [ROOF, "A boiler was mended."], (2 / 3, 1.0)),
        ("Which insurer paid?", [ROOF], (0.0, 0.0)),
        ("Which insurer paid?", [], (0.0, 0.0)),
        ("Who is it?", [ROOF], (1.0, 1.0)),
    ],
)
def test_shares(question: str, texts: list[str], shares: tuple[float, float]) -> None:
    assert coverage(question, texts) == pytest.approx(shares)
