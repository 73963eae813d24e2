import pytest

from serving.prompts import Excerpt
from training.align import chosen, cited, supported

LEASE = Excerpt(
    "lease.pdf", 1, "Base Rent is $15,200.00 a month, due on the first day of each month."
)
NOTE = Excerpt("note.txt", 1, "The roof leaked on September 11, 2023, and the cooler stayed dry.")


@pytest.mark.parametrize(
    ("sentence", "by"),
    [
        ("Base Rent of $15,200.00 is due on the first day of each month.", (0,)),
        ("The roof leaked on September 11, 2023.", (1,)),
        (
            "Base Rent is due on the first day, and the roof leaked while the cooler dried.",
            (0, 1),
        ),
        ("Base Rent of $15,300.00 is due on the first day of each month.", None),
        ("The roof leaked on September 12, 2023.", None),
        ("The parties disagree about what the tenant may withhold in such a case.", None),
        ("and the roof leaked on September 11, 2023.", None),
        ("The roof leaked on September 11, 2023", None),
        ("Did the roof leak on September 11, 2023, while the cooler stayed dry?", None),
        ('The roof leaked on September 11, 2023, and the "cooler stayed dry.', None),
        ("The note that the roof leaked on September 11, 2023 is enclosed.", None),
        ("1. The roof leaked on September 11, 2023 [4].", (1,)),
    ],
)
def test_supported(sentence: str, by: tuple[int, ...] | None) -> None:
    found = supported(sentence, [LEASE, NOTE], "Who pays?")
    assert [one.by for one in found] == ([] if by is None else [by])


def test_citations_stand_before_the_full_stop() -> None:
    assert cited("Rent is due.", [3, 1]) == "Rent is due [1][3]."
    assert cited("Is rent due?", [2]) == "Is rent due? [2]"


ANALYSIS = (
    "Base Rent of $15,200.00 is due each month. Therefore Base Rent is due on the first day of "
    "each month. The roof leaked on September 11, 2023. "
    "The cooler stayed dry while the roof leaked."
)


@pytest.mark.parametrize(
    ("analysis", "conclusion"),
    [
        (ANALYSIS, ["Therefore Base Rent is due on the first day of each month."]),
        (
            ANALYSIS.replace("Therefore ", ""),
            [
                "The roof leaked on September 11, 2023.",
                "The cooler stayed dry while the roof leaked.",
            ],
        ),
    ],
)
def test_conclusion_is_what_the_analysis_concludes(analysis: str, conclusion: list[str]) -> None:
    rent = "Base Rent of $15,200.00 is due each month."
    sections = {"BRIEF ANSWER": rent, "FACTS": rent, "DISCUSSION": analysis}
    kept = chosen(sections, [LEASE, NOTE], "Who pays?")
    assert isinstance(kept, dict)
    assert [one.text for one in kept["CONCLUSION"]] == conclusion
    assert not {one.text for one in kept["DISCUSSION"]} & set(conclusion)
