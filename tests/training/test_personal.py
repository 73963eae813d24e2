"""Personal data by its form, told with its letters and digits covered. All of it is made up."""

import pytest

from training.personal import personal


@pytest.mark.parametrize(
    ("text", "kind", "covered"),
    [
        ("Write to b.quarles@example.org today.", "e-mail address", "b.q••••••@•••••••.•rg"),
        ("Call (555) 010-4477.", "phone number", "(55•) •••-••77"),
        ("Call +1 555-010-4477 now", "phone number", "+1 5••-•••-••77"),
        ("Fax: 555.010.4477", "phone number", "55•.•••.••77"),
        ("Call +44 20 7946 0018.", "phone number", "+44 •• •••• ••18"),
        ("Her number is 900-12-3456.", "social security number", "90•-••-••56"),
        ("Card 4111 1111 1111 1111 was used.", "card number", "41•• •••• •••• ••11"),
        ("Account No. 0048-221-907 is empty.", "account number", "00••-•••-•07"),
        ("IBAN DE89 3704 0044 0532 0130 00", "account number", "DE•• •••• •••• •••• •••• 00"),
        ("The policy number: HX 4471902", "account number", "HX •••••02"),
        ("She lives at 18 Larch Hollow Lane.", "street address", "18 ••••• •••••• ••ne."),
        ("She lives at 1200 N. Alder St, Unit 4.", "street address", "12•• •. ••••• St"),
    ],
)
def test_found(text: str, kind: str, covered: str) -> None:
    (found,) = personal(text)
    assert (found.kind, found.covered) == (kind, covered)
    assert len(text[found.start : found.end]) == len(covered)


@pytest.mark.parametrize(
    "text",
    [
        "Rent is $15,200.00 and was due on 2019-06-01.",
        "Section 471-40-010 and Docket 12-3456 apply.",
        "Card 4111 1111 1111 1112 fails its check digit.",
        "On account of shareholders, payment was withheld until 2019.",
        "The policy of 2019 covers 12 losses.",
        "In 1998 The Court held for 12 Tenants.",
        "It is 310 feet from Gannet Street.",
        "@ noon, see note a@b",
    ],
)
def test_not_found(text: str) -> None:
    assert personal(text) == []
