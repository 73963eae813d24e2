"""Which dates of a sentence are those of events."""

import pytest

from serving.events import day_first, event_days


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("The ceiling fell on September 11, 2023.", ["2023-09-11"]),
        ("The lease was signed on the 3rd day of May, 2019.", ["2019-05-03"]),
        ("03/02/2023 PMT Rent was paid.", ["2023-03-02"]),
        ("31/12/2022 the tenant left.", ["2022-12-31"]),
        ("The tenant left on 2022-12-31.", ["2022-12-31"]),
        ("He kept racks there until September 2023.", ["2023-09"]),
        ("The term begins on June 1, 2019 and ends on May 31, 2024.", ["2019-06-01", "2024-05-31"]),
        ("03/03/2021 check for the rent of March 2021.", ["2021-03-03"]),
        ("He wrote on February 13, 2023 at 7:04 AM.", ["2023-02-13"]),
        ("(c) the rent is due on March 3, 2020;", ["2020-03-03"]),
        ("It leaked in the month of March 2023.", ["2023-03"]),
        # what is no event, or no date that can be told
        ("The tenant left in 2019.", []),
        ("The tenant left on March 2.", []),
        ("The tenant left on February 30, 2022.", []),
        ("Notice is due thirty days after March 14, 2019.", []),
        ("Notice is due within thirty days of March 14, 2019.", []),
        ("Tuesday, January 16, 2024", []),
        ("Dated: January 16, 2024", []),
        ("3/18/2013 s/ Reginald Ames", []),
        ("Dated this ___ day of March, 2019 in Port Ellery", []),
        ("Did the roof leak on March 2, 2023?", []),
        ("Section 4 of the Lease dated March 14, 2019 governs the rent.", []),
        ("This Lease is dated March 14, 2019, between the parties.", ["2019-03-14"]),
        ("It rests on the Judiciary Act of March 3, 1875, as amended.", []),
        ("See Ames v. Bell, 2012 WL 128600 (1st Cir. Jan. 9, 2012).", []),
        ("Form 27, Rev. March 2019, is used for this.", []),
        ("Case: 17-2400 Document: 3 Filed: 07/13/2017 Pages: 1", []),
        ("Date: Fri, 03 Mar 2023 16:08:00 -0500 by the sender", []),
        ("Port Herald, Oct. 3, 2011, p. 4, on the storm.", []),
        ("We read the log for the period January 1, 2021 to June 30, 2021.", []),
    ],
)
def test_event_days(sentence: str, days: list[str]) -> None:
    assert [day.iso for day in event_days(sentence)] == days


@pytest.mark.parametrize(
    ("texts", "first", "iso"),
    [
        (["Paid on 14/3/2019."], True, "2019-03-05"),
        (["Paid on 3/14/2019."], False, "2019-05-03"),
        (["Paid on 14/3/2019.", "Paid on 3/14/2019."], False, "2019-05-03"),
        ([], False, "2019-05-03"),
    ],
)
def test_day_first(texts: list[str], first: bool, iso: str) -> None:
    assert day_first(texts) is first
    (day,) = event_days("The rent came 5/3/2019.", day_first=first)
    assert (day.iso, day.precision, day.written) == (iso, "day", "5/3/2019")
