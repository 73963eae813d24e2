import pytest

from retrieval.citing import cited


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", ""),
        ("ARTICLE IV > 4.2 > (b)", "§ 4.2(b)"),
        ("ARTICLE 4 > Section 4.2 > (b) > (ii)", "§ 4.2(b)(ii)"),
        ("ARTICLE IV", "art. IV"),
        ("6 > a", "§ 6(a)"),
        ("1.0", "§ 1.0"),
        ("Schedule A > 2", "Schedule A, § 2"),
        ("II > B", "II, B"),
        ("Facts > Rooms", "Facts, Rooms"),
    ],
)
def test_cited(path: str, shown: str) -> None:
    assert cited(path) == shown
