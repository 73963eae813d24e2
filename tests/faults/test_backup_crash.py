"""`kill -9` of a backup, a restore or a migration: the old state or the new one, and no half.

    make test-crash                         100 kills
    CASEWRIGHT_CRASHES=20 make test-crash   as many as .ci/run makes

Each kill comes at a seeded random moment. After each, before anything mends it, the laws are
checked on what the kill left; at the end all works, and nothing lies about.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retrieval.archive import Archive
from retrieval.library import Library
from retrieval.search import search
from retrieval.store import ServerAddress
from tests.faults.test_crash import CRASHES, MATTER, finish, kill, start, text_of
from tests.retrieval.qdrant_rest import QdrantRest

FILES = 30
SEED = 21

Texts = set[str]


class Kept:
    """A matter in two versions, each with a backup, and which of them it now is."""

    def __init__(self, tmp_path: Path, server: ServerAddress) -> None:
        self.home, self.server, self._folder = tmp_path / "home", server, tmp_path
        self.versions: list[Texts] = []
        self.backups = [tmp_path / "0.tar", tmp_path / "1.tar"]
        self.seconds: dict[str, float] = {}
        """That each work takes when it is not killed."""
        for version, file in enumerate(self.backups):
            for number in range(FILES):
                deed = tmp_path / "files" / f"deed-{number:02}.txt"
                deed.parent.mkdir(exist_ok=True)
                deed.write_text(text_of(number, version), encoding="utf-8")
            # The first time it is embedded: a server that is named later changes nothing.
            finish(start(self.home, "ingest", str(deed.parent), server=server if version else None))
            self.versions.append(self.texts())
            self._time("backup", str(file))
        for place in ("server", "embedded"):
            self._time("migrate", place)
        self._time("restore", str(self.backups[0]))
        self.held: int | None = 0
        assert self.versions[0].isdisjoint(self.versions[1])

    @contextmanager
    def library(self) -> Iterator[Library]:
        library = Library(self.home, server=self.server)
        yield library
        library.close()

    def texts(self) -> Texts:
        """All that a search sees of the matter; nothing where there is no matter."""
        with self.library() as library:
            if MATTER not in {one.id for one in library.matters()}:
                return set()
            found = search(library, MATTER, "who keeps the sluice open", 500)
            assert len({one.passage.id for one in found}) == len(found)
            return {one.passage.text for one in found}

    def is_here(self) -> bool:
        with self.library() as library:
            return library.is_here(MATTER)

    def killed(self, draw: random.Random, number: int) -> tuple[str, bool]:
        """Kills a work in the middle and checks the laws; gives it, and whether it was at work."""
        work, other = draw.choice(["backup", "restore", "migrate"]), 1 - (self.held or 0)
        to = "server" if self.is_here() else "embedded"
        made = self._folder / f"made-{number}.tar"
        what = {"backup": made, "restore": self.backups[other], "migrate": to}[work]
        if work == "restore" and draw.random() < 0.5:
            with self.library() as library:
                library.delete_matter(MATTER)
            self.held = None
        running = start(self.home, work, str(what), server=self.server)
        time.sleep(draw.uniform(0, 1.1) * self.seconds[to if work == "migrate" else work])
        inside = running.poll() is None
        done = any(row["verdict"] == work for row in kill(running))
        self._check(work, other, done)
        if work == "migrate" and done:
            assert self.is_here() == (to == "embedded")
        if work == "backup":
            assert made.exists() or not done
            if made.exists():
                with Archive(made) as archive:
                    archive.check()
        return work, inside

    def _check(self, work: str, other: int, done: bool) -> None:
        """The matter is as it was, or, of a restore, as it was backed up; and known to be that."""
        before = set() if self.held is None else self.versions[self.held]
        now, after = self.texts(), self.versions[other]
        assert now == after if done and work == "restore" else now == before or work == "restore"
        assert now in (before, after)
        if not now:
            finish(start(self.home, "restore", str(self.backups[other]), server=self.server))
            now = self.texts()
        self.held = self.versions.index(now)

    def _time(self, work: str, what: str) -> None:
        running = start(self.home, work, what, server=self.server)
        started = time.monotonic()
        finish(running)
        self.seconds[what if work == "migrate" else work] = time.monotonic() - started


@pytest.mark.crash
@pytest.mark.timeout(3600)
def test_kill_at_random_moments(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    with QdrantRest() as rest:
        matter = Kept(tmp_path, ServerAddress(rest.url, "casewright", timeout=30))
        inside: Counter[str] = Counter()
        for number in range(CRASHES):
            work, at_work = matter.killed(draw, number)
            inside[work] += at_work
        assert inside.total() >= CRASHES // 3, "too few kills fell into work"

        for to in ("server", "embedded"):
            finish(start(matter.home, "migrate", to, server=matter.server))
        assert matter.held is not None
        assert matter.texts() == matter.versions[matter.held]
        assert rest.points() == []
        with matter.library() as library:
            held = library.store(MATTER).generations()
            assert held == library.active_generations(MATTER)
            folder = library.case_file(MATTER).folder
        assert {one.name for one in folder.iterdir() if one.is_dir()} == {"originals", "shard"}
        assert [one.name for one in folder.parent.iterdir()] == [MATTER]
    told = ", ".join(f"{count} in {work}" for work, count in sorted(inside.items()))
    print(f"{CRASHES} kills, {inside.total()} of them at work ({told}), seed {SEED}")
