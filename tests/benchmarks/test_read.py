"""Reading the files of real cases: no word lost, and a verdict on each file (`make bench-read`).

CASEWRIGHT_BENCH_DATA=<folder> make bench-read
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import UnreadableFile
from retrieval.reader import Reader

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def case_files() -> Path:
    data = os.environ.get("CASEWRIGHT_BENCH_DATA")
    if data is None:
        pytest.skip("CASEWRIGHT_BENCH_DATA names no folder with case_files")
    return Path(data) / "case_files"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


# The .txt files were made plain: quotes and dashes of typewriters instead of those of the PDFs.
PLAIN = str.maketrans("‘’“”–—\u037e", "''\"\"--;")


def word_f1(text: str, expected: str) -> float:
    """F1 over the multisets of words, which ignores their order; quotes and dashes are one."""
    words, wanted = (Counter(one.translate(PLAIN).split()) for one in (text, expected))
    return 2 * (words & wanted).total() / (words.total() + wanted.total())


def test_contracts_keep_every_word(case_files: Path, reader: Reader) -> None:
    scores = {
        file.name: word_f1(
            reader.read(file).text, file.with_suffix(".txt").read_text(encoding="utf-8")
        )
        for file in sorted((case_files / "contracts").iterdir())
        if file.suffix.lower() == ".pdf"
    }
    assert len(scores) == 30
    mean = sum(scores.values()) / len(scores)
    worst = min(scores, key=lambda name: scores[name])
    print(f"\n{len(scores)} contracts: word F1 {mean:.4f}, worst {scores[worst]:.4f} ({worst})")
    assert mean >= 0.999
    assert scores[worst] >= 0.99


def test_every_file_has_a_verdict(case_files: Path, reader: Reader) -> None:
    table: dict[str, Counter[str]] = {}
    refused = []
    files = sorted(file for file in case_files.rglob("*") if file.is_file())
    for file in files:
        began = time.monotonic()
        counts = table.setdefault(file.suffix.lower(), Counter())
        counts["files"] += 1
        try:
            read = reader.read(file)
        except UnreadableFile as error:
            counts["refused"] += 1
            refused.append(str(error).removeprefix(f"{case_files}/"))
        else:
            sure = [page.confidence for page in read.pages if page.confidence is not None]
            counts["read"] += 1
            counts["pages"] += len(read.pages)
            counts["by OCR"] += len(sure)
            if sure:
                seconds = time.monotonic() - began
                print(f"{file.name}: {len(sure)} pages by OCR, {seconds:.0f} s, ", end="")
                print(f"sure to {min(sure):.2f}")
    columns = ("files", "read", "refused", "pages", "by OCR")
    print("".join(f"{name:>9}" for name in ("kind", *columns)))
    for suffix, counts in sorted(table.items()):
        print("".join(f"{cell:>9}" for cell in (suffix, *(counts[name] for name in columns))))
    print("\n".join(refused))
    assert sum(counts["read"] + counts["refused"] for counts in table.values()) == len(files)
