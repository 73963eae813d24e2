import pytest

from retrieval.roman import roman


@pytest.mark.parametrize(
    ("numeral", "number"),
    [("I", 1), ("iv", 4), ("IX", 9), ("xiv", 14), ("XL", 40), ("xlviii", 48), ("XCIX", 99)],
)
def test_roman(numeral: str, number: int) -> None:
    assert roman(numeral) == number


def test_another_letter() -> None:
    with pytest.raises(KeyError):
        roman("IQ")
