"""Roman numerals, as articles and the pages of a preface are numbered."""

_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def roman(numeral: str) -> int:
    """Gives the number of a numeral made of I, V, X, L and C in either case.

    Raises:
        KeyError: another letter.
    """
    # A pattern that takes either case takes the Turkish letters too: dotted İ and dotless ı.
    letters = numeral.replace("İ", "i").replace("ı", "i").lower()
    values = [_VALUES[letter] for letter in letters]
    following = [*values[1:], 0]
    return sum(-a if a < b else a for a, b in zip(values, following, strict=True))
