"""The audit log when 10,000 answers are in it (`make bench-audit`).

Each entry is of an answer on six passages, as ``ui.recording`` writes it, synced to the disk of the
temporary folder; then all are verified, and of 200 forgeries made at random each must be found.
"""

import hashlib
import random
import time
from pathlib import Path

import pytest

from retrieval.documents import Passage
from serving import audit
from serving.answered import Answer
from serving.citations import CheckedSentence
from ui.recording import recorded_ask

ANSWERS = 10_000
FORGERIES = 200


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_ten_thousand_answers(tmp_path: Path) -> None:
    started, processor = time.perf_counter(), time.process_time()
    for number in range(ANSWERS):
        with recorded_ask(tmp_path, "oven", f"Question {number}?") as recorder:
            recorder.answer = _answer(number)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    log = tmp_path / audit.NAME
    size = log.stat().st_size
    before = time.perf_counter()
    head = audit.verify(tmp_path)
    verifying = time.perf_counter() - before
    print(
        f"\n{head.entries} answers: {size / 1e6:.2f} MB, {size / ANSWERS:.0f} bytes an entry; "
        f"{ANSWERS / seconds:.0f} entries/s, {1000 * seconds / ANSWERS:.2f} ms an entry, synced "
        f"({1000 * processor / ANSWERS:.2f} ms of processor time); "
        f"verified in {verifying:.2f} s"
    )
    assert head.entries == ANSWERS
    assert "Question" not in log.read_text(encoding="utf-8")
    found = _forgeries_found(tmp_path, log)
    print(f"{found} of {FORGERIES} forgeries found")
    assert found == FORGERIES


def _forgeries_found(home: Path, log: Path) -> int:
    """How many logs with a byte changed, a line gone or two lines swapped are told."""
    chance = random.Random(6)
    whole = log.read_bytes()
    lines = whole.splitlines(keepends=True)
    found = 0
    for number in range(FORGERIES):
        forged = lines.copy()
        one, other = chance.sample(range(ANSWERS), 2)
        if number % 3 == 0:
            at = chance.randrange(len(forged[one]) - 1)
            byte = bytes([forged[one][at] ^ 1])
            forged[one] = forged[one][:at] + byte + forged[one][at + 1 :]
        elif number % 3 == 1:
            del forged[one]
        else:
            forged[one], forged[other] = forged[other], forged[one]
        log.write_bytes(b"".join(forged))
        try:
            audit.verify(home)
        except audit.BrokenAudit:
            found += 1
    log.write_bytes(whole)
    return found


def _answer(number: int) -> Answer:
    """An answer with six passages and twelve sentences, and a receipt of the usual length."""
    passages = [_passage(number, place) for place in range(6)]
    verdicts = ("verified", "verified", "unsupported", "reasoning")
    sentences = [CheckedSentence(0, 1, (1,), verdicts[one % 4], "") for one in range(12)]
    receipt = {
        "matter": "oven",
        "generation": 17,
        "documents_asked": None,
        "evidence": {"strength": 0.731, "weak": False},
        "base": "smollm2-135m",
        "base_sha256": _hash("base"),
        "adapter": "memo-0123abcd",
        "at": "2031-05-04T09:30:00+00:00",
        "prompt": _hash("prompt"),
        "question_sha256": _hash(f"Question {number}?"),
        "passages": [
            {"id": one.id, "document": one.document_id, "start": one.start, "end": one.end}
            for one in passages
        ],
        "taken_out": {},
        "first_token_seconds": 1.0,
        "seconds": 8.0,
        "tokens_per_second": 60.0,
    }
    return Answer(f"Question {number}?", "x", tuple(passages), tuple(sentences), receipt)


def _passage(number: int, place: int) -> Passage:
    start = 500 * ((number + place) % 300)
    return Passage(
        id=f"00000000-0000-0000-{place:04}-{number:012}",
        matter_id="oven",
        document_id=_hash(f"document {(number + place) % 17}"),
        document="lease.txt",
        path="files/lease.txt",
        page=1,
        start=start,
        end=start + 480,
        text="x",
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
