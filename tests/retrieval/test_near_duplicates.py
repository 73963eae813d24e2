"""Drafts and quoted messages are found; two contracts on one form are two."""

import random
from pathlib import Path

import pytest

from retrieval.documents import Near
from retrieval.near_duplicates import Signature, Signatures, nearest, signature
from retrieval.read import read_text

SAMPLE = Path(__file__).parents[2] / "retrieval" / "sample_matter" / "documents"

CLAUSES = [
    f"{number}. {title}. The {one} shall, upon demand and without set-off, deliver to the {other} "
    f"{what}, at the {where} of the Premises, in the manner that the {other} may from time to time "
    "by notice direct, and shall bear the cost of it."
    for number, (title, one, other, what, where) in enumerate(
        [
            ("Rent", "Tenant", "Landlord", "the monthly rent", "office"),
            ("Keys", "Landlord", "Tenant", "all keys and codes", "north gate"),
            ("Bark", "Tenant", "Landlord", "the spent bark of the vats", "yard"),
            ("Hides", "Tenant", "Landlord", "a list of the hides in store", "loading bay"),
            ("Water", "Landlord", "Tenant", "water of the weir", "sluice"),
            ("Insurance", "Tenant", "Landlord", "a certificate of insurance", "office"),
            ("Surrender", "Tenant", "Landlord", "the vats, swept and empty", "tan house"),
            ("Notices", "Tenant", "Landlord", "every notice received of any court", "office"),
        ],
        start=1,
    )
]


def lease(landlord: str, tenant: str, place: str, date: str, rent: str) -> str:
    opening = (
        f"TANNERY LEASE\nThis Lease is made on {date} between {landlord} (“Landlord”) and {tenant} "
        f"(“Tenant”) of the tan house at {place} (the “Premises”) at a rent of {rent} a month.\n"
    )
    return opening + "\n".join(CLAUSES)


LEASE = lease("Orrin Hides, Inc.", "Vell & Sons, LLC", "4 Elm Street, Ogden", "3 March 2019",
              "$1,250")  # fmt: skip
AMENDMENT = (
    "FIRST AMENDMENT TO TANNERY LEASE\nThis Amendment of 9 May 2020 is between Orrin Hides, Inc. "
    "and Vell & Sons, LLC, of the tan house at 4 Elm Street, Ogden.\n" + "\n".join(CLAUSES[:4])
)
MESSAGE = (
    "From: Mara Hale\nTo: Pim Orrin\nSubject: Bark\n\nPim,\nthe bark that came on Tuesday is wet "
    "through and the vats cannot be filled before it has dried, which the men put at nine days. "
    "Vell asks whether the rent may rest for that time, and I said that you would write to him "
    "before the week is out. Please look at clause three of the lease before you do.\nMara"
)
REPLY = (
    "From: Pim Orrin\nTo: Mara Hale\nSubject: Re: Bark\n\nMara,\nno. The lease puts the bark on "
    "Vell, wet or dry, and I have told him so this morning by telephone. He was not pleased, and "
    "he speaks of the sluice, which has nothing to do with it. If he writes, send it on to me and "
    "do not answer. The rent is due on the first as ever, and nine days of sun are no rain.\n"
    "Pim\n\nOn Tuesday Mara Hale wrote:\n"
    + "\n".join("> " + line for line in MESSAGE.split("\n")[4:])
)


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        (LEASE, LEASE, "nearly the same as"),
        # A draft: another amount, one clause struck out, one word changed.
        (AMENDMENT, AMENDMENT.replace("9 May", "8 May").replace("spent bark", "bark"),
         "nearly the same as"),
        (LEASE, LEASE.replace("$1,250", "$1,300").replace(CLAUSES[7], ""), "nearly the same as"),
        # The same words in other lines, as another converter gives them.
        (LEASE, LEASE.replace(" ", "\n"), "nearly the same as"),
        # Sent again, with another head.
        (MESSAGE, "From: Pim Orrin\nTo: Vell\nSubject: Fwd: Bark\n" + MESSAGE.split("\n", 3)[3],
         "nearly the same as"),
        # Quoted whole in the reply.
        (MESSAGE, REPLY, "is held by"),
        (REPLY, MESSAGE, "holds all of"),
        # Two leases on one form.
        (LEASE, lease("Gorse Estates Corp.", "Hobnail Works, Ltd.", "88 Mill Lane, Provo",
                      "1 June 2021", "$900"), None),
        (AMENDMENT, LEASE, None),
        (MESSAGE, LEASE, None),
        ("Short.", "Short.", None),
        ("", LEASE, None),
    ],
)  # fmt: skip
def test_relations(one: str, other: str, relation: str | None) -> None:
    near = nearest(signature(one), {"other": signature(other)})
    assert (near.relation if near else None) == relation


def test_the_sample_lease_and_another_on_its_form() -> None:
    lease = read_text(SAMPLE / "lease.pdf").text
    other = lease
    for old, new in {
        "Tillmarsh Properties": "Gorseway Estates", "Quillfeather Baking": "Hobnail Cycle",
        "Quillfeather": "Hobnail", "9,500": "4,200", "June": "March", "2019": "2021",
        "2024": "2026", "$14,250.00": "$6,300.00", "Canterfield": "Millpond", "Unit 7": "Unit 2",
        "Kiln Yard Commerce Center": "Weir Street Works", "G.P. / I.V.H.": "T.A. / M.H.",
        "Gerald Prewitt": "Thora Abel", "Ingrid Vasquez-Holm": "Mara Hale", "76,000": "31,500",
        "Corbel & Wren": "Alder & Rusk", "Oxbridge Lane": "Tithe House", "12.50%": "13.33%",
    }.items():  # fmt: skip
        other = other.replace(old, new)
    draft = lease.replace("thirty (30) days", "twenty (20) days").replace("March 14", "March 2")
    near = nearest(signature(draft), {"lease": signature(lease), "other": signature(other)})
    assert near is not None and near.other == "lease" and near.share > 0.9
    assert nearest(signature(other), {"lease": signature(lease)}) is None


def test_the_nearest_is_told() -> None:
    others = {
        "reply": signature(REPLY),
        "draft": signature(MESSAGE.replace("nine days", "ten days")),
        "same": signature(MESSAGE),
    }
    assert nearest(signature(MESSAGE), others) == Near("nearly the same as", "same", 1.0)


def test_those_that_may_be_near_are_found_among_many() -> None:
    draw = random.Random(3)

    def noise() -> str:
        return " ".join(f"w{draw.randrange(10**6)}" for _ in range(300))

    kept = Signatures({f"noise{n}": signature(noise()) for n in range(500)})
    kept.put("lease", signature(noise()))
    kept.put("lease", signature(LEASE))
    kept.put("reply", signature(REPLY))
    assert list(kept.likely(signature(LEASE.replace("$1,250", "$1,300")))) == ["lease"]
    assert list(kept.likely(signature(MESSAGE))) == ["reply"]
    assert kept.likely(signature("")) == {}


def test_a_signature_is_stored_whole() -> None:
    made = signature(LEASE)
    read = Signature.from_bytes(made.to_bytes())
    for kept, stored in zip(
        (made.runs, made.opening, made.names), (read.runs, read.opening, read.names), strict=True
    ):
        assert kept.tolist() == stored.tolist()
    assert signature("").to_bytes() == Signature.from_bytes(signature("").to_bytes()).to_bytes()
    many = " ".join(f"Name{n}" for n in range(50_000))
    assert len(signature(many).to_bytes()) <= 25_000


@pytest.mark.parametrize("changed", [0.0, 0.01, 0.2])
def test_the_share_is_estimated_within_five_points(changed: float) -> None:
    draw = random.Random(7)
    words = [f"word{draw.randrange(10**6)}" for _ in range(20_000)]
    other = [word if draw.random() > changed else f"new{n}" for n, word in enumerate(words)]
    runs = [{tuple(text[n : n + 5]) for n in range(len(text) - 4)} for text in (words, other)]
    true = len(runs[0] & runs[1]) / len(runs[0] | runs[1])
    near = nearest(signature(" ".join(words)), {"other": signature(" ".join(other))})
    if true < 0.75:
        assert near is None
    else:
        assert near is not None and abs(near.share - true) < 0.05
