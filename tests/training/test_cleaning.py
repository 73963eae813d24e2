import pytest

from training.cleaning import cleaned


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("The parcel\nstands here.", "The parcel stands here."),
        ("It ends.\n\nPage 3\n\nIt begins.", "It ends.\nIt begins."),
        ("It ends.\nFile Nos. A-05-123, A-05-124\nIt begins.", "It ends. It begins."),
        ("It ends.\nFile No. A-05-123\nIt begins.", "It ends. It begins."),
        ("The rule² applies.\n\n² See the regulation.", "The rule applies."),
        ("It holds.\n\n12 Government Code section 81000.", "It holds."),
        ("It holds.\n\nSincerely,\nB. Quarles", "It holds."),
        ("- 4 -\nIt holds.", "It holds."),
        ("1. It holds.\n2. It falls.", "1. It holds. 2. It falls."),
        ("The council-\nmember may vote.", "The councilmember may vote."),
        ("The parcel\n\nFile No. A-05-123\nPage 2\n\nstands here.", "The parcel stands here."),
        ("The parcel\n\n___________\n¹ See the Act.\n\nstands here.", "The parcel stands here."),
        ("It ends.\n\nit begins.", "It ends.\nit begins."),
    ],
)
def test_cleaned(raw: str, clean: str) -> None:
    assert cleaned(raw).strip() == clean
