"""An ingest whose files are read and whose passages are embedded on a Ray cluster.

The stages are those of a local run: a file is read in a child process with limits, texts are
embedded one by one, so that passages and vectors are the same. What travels are the bytes
of files and their text, texts and their vectors. Writing stays with the process that began the
ingest: manifest, generations, counts and the lock of the matter are as they are without Ray.

Without ``RAY_ADDRESS`` a Ray of this machine's cores is started for the run, on the loopback
address. With it the run joins a cluster, whose hosts have the same Casewright installed and one
folder as home. Such hosts see privileged text, in memory and, where memory is short, under Ray's
temporary folder; and Ray runs whatever anyone who reaches it sends: keep it on a private network
and turn its token authentication on (``RAY_AUTH_MODE=token``).
"""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.documents import DocumentText
from retrieval.embed import Embedder
from retrieval.errors import CasewrightError, UnreadableFile
from retrieval.reader import Reader
from retrieval.readers import CORES

if TYPE_CHECKING:
    from retrieval.embed import Vector

# Read when Ray is imported. It would report its use to its makers: nothing leaves the machine.
_PRIVATE = {"RAY_USAGE_STATS_ENABLED": "0"}
# A Ray of this machine listens on the loopback address alone, which it does by itself only on the
# systems in the variable's name, and asks a token of whoever comes, another user here included.
_LOCAL = {**_PRIVATE, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}

TASK = 32
"""Texts in one task."""


class WorkersUnavailable(CasewrightError):
    """Ray is not installed, cannot be started or reached, or lost a task."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ray that was started or joined: how many tasks it runs at once, and its two stages."""

    cpus: int
    reader: "type[RayReader]"
    embedder: "type[RayEmbedder]"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Starts a Ray on this machine, or joins the one at ``RAY_ADDRESS``, for the time of a run.

    Raises:
        WorkersUnavailable: Ray is not installed, or cannot be started or reached.
    """
    address = os.environ.get("RAY_ADDRESS")
    os.environ.update(_PRIVATE if address else _LOCAL)
    if not address:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    try:
        import ray
    except ImportError:
        raise WorkersUnavailable(
            "Ray is not installed; run `pip install 'casewright[ray]'`, or leave out --workers ray"
        ) from None
    # Of its own and short-lived: Ray's is open to every user of the machine, and may hold text.
    with tempfile.TemporaryDirectory(
        prefix="casewright-ray-", ignore_cleanup_errors=True
    ) as folder:
        # A folder in that folder, since Ray opens the one that it is given to everyone.
        here = {"num_cpus": CORES, "include_dashboard": False, "_temp_dir": folder + "/ray"}
        try:
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level="ERROR",
                **({} if address else here),
            )
        except Exception as error:  # Ray raises it where a part of it does not start
            ray.shutdown()
            raise WorkersUnavailable(
                f"Ray at {address or 'this machine'}: cannot be used "
                f"({str(error).partition('.')[0]}); correct RAY_ADDRESS, or leave out --workers ray"
            ) from None
        try:
            cpus = int(ray.cluster_resources().get("CPU", 1))
            yield Cluster(max(1, cpus), RayReader, RayEmbedder)
        finally:
            ray.shutdown()


class RayReader(Reader):
    """A reader whose files are read on the cluster; archives are unpacked on this machine."""

    _running: Any = None

    def read(
        self, path: Path, *, page_done: Callable[[int, int], None] = lambda done, pages: None
    ) -> DocumentText:
        """As ``Reader.read``; pages are not told one by one.

        Raises:
            UnreadableFile: as ``Reader.read``.
            NeedsOcr: as ``Reader.read``.
            WorkersUnavailable: the task was lost.
        """
        self._running = _task(_read).remote(str(path), path.read_bytes(), self._ocr)
        outcome: DocumentText | UnreadableFile = _result(self._running)
        if isinstance(outcome, UnreadableFile):
            raise outcome
        return outcome

    def kill(self) -> None:
        """Ends the task that a thread waits for, and the child that unpacks."""
        import ray

        super().kill()
        if self._running is not None:
            ray.cancel(self._running, force=True)


class RayEmbedder(Embedder):
    """An embedder whose model runs on the cluster. Raises WorkersUnavailable, too."""

    def passages(self, texts: Sequence[str]) -> "Iterator[Vector]":
        """As ``Embedder.passages``, in tasks."""
        embed = _task(_embed)
        tasks = [
            embed.remote(str(self._home), list(texts[first : first + TASK]))
            for first in range(0, len(texts), TASK)
        ]
        return chain.from_iterable(map(_result, tasks))


def _read(path: str, content: bytes, ocr: bool) -> DocumentText | UnreadableFile:
    """Reads a file from its bytes, on a worker; a file that cannot be read is no lost task."""
    with tempfile.TemporaryDirectory(prefix="casewright-") as folder:
        file = Path(folder) / Path(path).name
        file.write_bytes(content)
        try:
            return _reader(ocr).read(file)
        except UnreadableFile as error:
            return type(error)(str(error).replace(str(file), path))


def _embed(home: str, texts: Sequence[str]) -> "list[Vector]":
    """Embeds texts on a worker."""
    return list(_embedder(home).passages(texts))


@cache
def _reader(ocr: bool) -> Reader:
    """The reader of this worker; its child ends with it."""
    return Reader(ocr, threads=1)


@cache
def _embedder(home: str) -> Embedder:
    """The embedder of this worker, on one core as Ray counts them."""
    return Embedder(Path(home), threads=1)


def _task(function: Callable[..., Any]) -> Any:
    import ray

    return ray.remote(num_cpus=1)(function)


def _result(task: Any) -> Any:
    """What a task gave. Raises WorkersUnavailable with no word of what it worked on."""
    import ray

    try:
        return ray.get(task)
    except ray.exceptions.RayError as error:
        kind = type(error.cause if isinstance(error, ray.exceptions.RayTaskError) else error)
        raise WorkersUnavailable(
            f"a task on the Ray cluster was lost ({kind.__name__}); run the ingest again: what was "
            "indexed stays"
        ) from None
