import subprocess
import sys
from pathlib import Path

import pytest

from serving import counters
from serving.counters import Counts, read

ONE_PROCESS = """
import sys
from pathlib import Path
from serving import counters
for _ in range(int(sys.argv[2])):
    counts = counters.Counts()
    counts.add(counters.RUNS, "ask", "ended")
    counts.observe(counters.SEARCHING, 0.02)
    counts.save(Path(sys.argv[1]))
"""


def test_processes_at_once_lose_no_count(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ONE_PROCESS, str(tmp_path), "100"]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    kept = read(tmp_path)
    assert kept[counters.RUNS.name]["ask", "ended"].sum == 300
    searches = kept[counters.SEARCHING.name][()]
    assert searches.seen == {0.025: 300}
    assert searches.sum == pytest.approx(6.0)


def test_times_fall_into_the_bucket_that_holds_them(tmp_path: Path) -> None:
    counts = Counts()
    for seconds in (0.01, 0.010001, 30.0, 31.0):
        counts.observe(counters.SEARCHING, seconds)
    counts.save(tmp_path)
    assert read(tmp_path)[counters.SEARCHING.name][()].seen == {
        0.01: 1, 0.025: 1, 30.0: 1, float("inf"): 1,
    }  # fmt: skip


def test_what_is_saved_is_not_saved_again(tmp_path: Path) -> None:
    counts = Counts()
    counts.add(counters.PASSAGES, amount=7)
    counts.save(tmp_path)
    counts.save(tmp_path)
    assert read(tmp_path)[counters.PASSAGES.name][()].sum == 7


@pytest.mark.parametrize(
    "label", ["smith-v-jones", "Where is Ms. Petrakis?", "a" * 41, "", "p. 4", "Müller"]
)
def test_label_that_is_no_word_of_the_code_is_not_kept(tmp_path: Path, label: str) -> None:
    counts = Counts()
    counts.add(counters.FILES, label)
    counts.save(tmp_path)
    assert list(read(tmp_path)[counters.FILES.name]) == [("other",)]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"a": 1}', '{"a": [{"sum": 1}]}', "\0\0\0"])
def test_damaged_counts_begin_anew(tmp_path: Path, damage: str) -> None:
    (tmp_path / counters.NAME).parent.mkdir()
    (tmp_path / counters.NAME).write_text(damage, encoding="utf-8")
    counts = Counts()
    counts.add(counters.PASSAGES, amount=2)
    counts.save(tmp_path)
    assert read(tmp_path)[counters.PASSAGES.name][()].sum == 2


def test_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    counts = Counts()
    counts.add(counters.PASSAGES)
    counts.save(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_disk_that_takes_nothing_fails_no_run(tmp_path: Path) -> None:
    (tmp_path / counters.NAME).mkdir(parents=True)  # a file cannot be moved onto a folder
    counts = Counts()
    counts.add(counters.PASSAGES)
    counts.save(tmp_path)
    assert (tmp_path / counters.NAME).is_dir()


def test_file_keeps_its_size(tmp_path: Path) -> None:
    def sized() -> int:
        for _ in range(50):
            counts = Counts()
            for metric in counters.METRICS:
                labels = ("word",) * len(metric.labels)
                if metric.buckets:
                    counts.observe(metric, 0.02, *labels)
                else:
                    counts.add(metric, *labels)
            counts.save(tmp_path)
        return (tmp_path / counters.NAME).stat().st_size

    first = sized()
    assert sized() < 1.1 * first
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["counts.json", "lock", "metrics"]
