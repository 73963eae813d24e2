"""A letter of advice in sections, as an archive has it."""

LETTER = {
    "id": "B-07-118",
    "question": "May Councilmember Iduna Thorsby vote on the lease of the Gannet Street warehouse?",
    "conclusion": (
        "Councilmember Thorsby may not vote on the lease of the Gannet Street warehouse, because "
        "she owns a parcel within 500 feet of it."
    ),
    "facts": (
        "Councilmember Thorsby owns a parcel on Gannet Street, and the parcel stands 310 feet "
        "from the warehouse.\n\nFile No. B-07-118\nPage 2\n\nThe city council will vote on the "
        "lease of the Gannet Street warehouse on June 4, 2007."
    ),
    "analysis": (
        "A public official has an interest in real property in which she holds a share worth "
        "$2,000 or more.\n\nReal property within 500 feet of the property that a decision concerns "
        "is directly involved in the decision.\n\nThe parcel of Councilmember Thorsby on Gannet "
        "Street stands 310 feet from the warehouse, so it is directly involved in the decision "
        "about the lease.\n\nThe official who has such an interest may not vote on the lease of "
        "the warehouse, because she owns a parcel within 500 feet of it.\n\nIf you have any other "
        "questions, please call me.\n\nSincerely,\nB. Quarles"
    ),
}
