"""Hostile files: each has a verdict in time, within its memory, and nothing is fetched.

    make test-hostile

A few of them run with every test; all of them with the mark ``hostile``.
"""

import http.server
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import UnreadableFile
from retrieval.reader import MEMORY_LIMIT, Reader
from tests.faults.hostile import HOSTILE, lures, truncations

SECONDS = 20.0
QUICK = ("locked.pdf", "locked.zip", "laughing.docx", "looping_pages.pdf", "nested.eml", "huge.png")
CANARY = "canary-5f1b"
READ = ("many_pages.pdf", "wide.html", "deep.rtf")
"""What may be read, as nothing is wrong with it but its size or its shape."""


def verdict(reader: Reader, file: Path, into: Path) -> str:
    """What an ingest would say of the file: nothing where it is read."""
    try:
        members = reader.unpack(file, into)
        refused = "; ".join(f"{one.name} {one.reason}" for one in members if one.reason)
        if file.suffix != ".zip":
            reader.read(file)
    except UnreadableFile as error:
        return str(error).removeprefix(f"{file}: ")
    return refused


def processor_seconds(reader: Reader) -> float:
    """What this process's reading children have used so far: on a busy machine a clock says more
    about the machine.
    """
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = 0
    if reader._child is not None:
        stat = Path(f"/proc/{reader._child[0].pid}/stat").read_text(encoding="ascii")
        alive = sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return gone.ru_utime + gone.ru_stime + alive / os.sysconf("SC_CLK_TCK")


def peak_memory(reader: Reader) -> int:
    """Bytes that a reading process has had in memory at most, the one that runs or one before."""
    gone = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    alive = 0
    if reader._child is not None:
        status = Path(f"/proc/{reader._child[0].pid}/status").read_text(encoding="ascii")
        alive = int(status.split("VmHWM:")[1].split()[0])
    return 1024 * max(gone, alive)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.hostile) for name in HOSTILE],
)
def test_verdict_in_time_and_memory(name: str, tmp_path: Path) -> None:
    file, into, good = tmp_path / name, tmp_path / "into", tmp_path / "good.txt"
    file.write_bytes(HOSTILE[name]())
    into.mkdir()
    good.write_text("Rent is due.\n", encoding="utf-8")
    with Reader() as reader:
        reader.read(good)
        before, began = processor_seconds(reader), time.monotonic()
        said = verdict(reader, file, into)
        took, clock = processor_seconds(reader) - before, time.monotonic() - began
        peak = peak_memory(reader)
        print(f"\n{name}, {file.stat().st_size:,} bytes: {took:.1f} s of processor time, ", end="")
        print(f"{clock:.1f} s in all, {peak >> 20} MB: {said}")
        assert said or name in READ
        assert took <= SECONDS
        assert peak <= MEMORY_LIMIT
        assert reader.read(good).text == "Rent is due.\n"


def test_processor_time_is_limited(tmp_path: Path) -> None:
    file = tmp_path / "endless_form.pdf"
    file.write_bytes(HOSTILE[file.name]())
    with Reader(cpu_seconds=1.0) as reader, pytest.raises(UnreadableFile, match="processor time"):
        reader.read(file)


@pytest.mark.hostile
def test_cut_off_files(tmp_path: Path) -> None:
    with Reader() as reader:
        for name, raw in truncations():
            file = tmp_path / name
            file.write_bytes(raw)
            before = processor_seconds(reader)
            said = verdict(reader, file, tmp_path)
            assert processor_seconds(reader) - before <= SECONDS
            # PDFium mends some PDFs that lack their end; no ZIP can be read without it.
            assert said or (name.endswith(".pdf") and "Clause 1." in reader.read(file).text)
            assert "\n" not in said


@pytest.fixture
def fetched() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, by its address, and what was asked of it."""
    asked: list[str] = []

    class Canary(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(CANARY.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/x", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched(tmp_path: Path, fetched: tuple[str, list[str]]) -> None:
    address, asked = fetched
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY, encoding="utf-8")
    read = 0
    with Reader() as reader:
        for place in (address, secret.as_uri()):
            for name, raw in lures(place).items():
                file = tmp_path / name
                file.write_bytes(raw)
                try:
                    text = reader.read(file).text
                except UnreadableFile as error:
                    text = str(error)
                else:
                    read += 1
                assert CANARY not in text
    assert asked == []
    assert read >= 10, "most of these are good files, or nothing was tried"


def test_a_reading_process_has_no_network(tmp_path: Path) -> None:
    """The hook that the reader sets refuses what a parser would have to call."""
    script = (
        "import sys, socket\n"
        "from retrieval.reading import _refuse_network\n"
        "sys.addaudithook(_refuse_network)\n"
        "for reach in (lambda: socket.create_connection(('127.0.0.1', 9)),\n"
        "              lambda: socket.getaddrinfo('localhost', 80)):\n"
        "    try: reach()\n"
        "    except PermissionError as error: print(error)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("a reading process has no network") == 2
