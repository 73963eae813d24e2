"""Two memoranda that were written to be shown: what the few-shot prompt puts before the question.

Fiction of our own. The first answers and cites; the second says that the passages do not answer.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """A question, its passages as (document, page, text), and the memorandum on it.

    The memorandum stands under Casewright's own headings.
    """

    question: str
    passages: tuple[tuple[str, int, str], ...]
    memorandum: str


SHOTS = (
    Shot(
        question="Did Larkspur Dairy give notice of the short delivery in time?",
        passages=(
            (
                "Supply Agreement",
                4,
                "Buyer shall give written notice of any short delivery within ten days of receipt. "
                "Without notice the quantity delivered is taken to be right.",
            ),
            (
                "Goods Received Note",
                1,
                "Larkspur Dairy received 340 crates on May 2, 2016. It had ordered 400 crates.",
            ),
            (
                "Letter of Larkspur Dairy",
                1,
                "May 9, 2016. We write to give notice that 60 crates of the order were missing.",
            ),
        ),
        memorandum=(
            "QUESTION PRESENTED\n"
            "Whether Larkspur Dairy gave notice of the short delivery in time.\n\n"
            "BRIEF ANSWER\n"
            "Yes. Notice was due within ten days of receipt [1], and Larkspur Dairy gave it by its "
            "letter of May 9, 2016 [3].\n\n"
            "FACTS\n"
            "Larkspur Dairy received 340 crates on May 2, 2016, and had ordered 400 [2]. "
            "By its letter of May 9, 2016 it gave notice that 60 crates were missing [3].\n\n"
            "DISCUSSION\n"
            "The agreement asks for written notice within ten days of receipt [1]. The letter is "
            "in writing and names the crates that were missing [3]. May 9, 2016 lies within "
            "ten days of May 2, 2016 [1][2][3]. The claim is therefore open to be "
            "pursued.\n\n"
            "CONCLUSION\n"
            "The notice was in time. Payment for the missing crates should be refused."
        ),
    ),
    Shot(
        question="What did the surveyor charge for the inspection of the barn?",
        passages=(
            (
                "Survey Report",
                2,
                "The barn was inspected on August 14, 2018. The ridge beam has failed at the third "
                "truss and must be replaced before the winter.",
            ),
            (
                "E-mail of the Surveyor",
                1,
                "The report is attached. I shall send my invoice under separate cover.",
            ),
        ),
        memorandum=(
            "QUESTION PRESENTED\n"
            "Whether the file shows what the surveyor charged for the inspection of the barn.\n\n"
            "BRIEF ANSWER\n"
            "The case file does not answer this question.\n\n"
            "FACTS\n"
            "The barn was inspected on August 14, 2018 [1]. The surveyor wrote that the invoice "
            "would be sent under separate cover [2].\n\n"
            "DISCUSSION\n"
            "None of the passages states what was charged.\n\n"
            "CONCLUSION\n"
            "No figure should be given until the invoice is obtained."
        ),
    ),
)
