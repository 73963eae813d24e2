"""An ingest on a Ray of this machine gives what a local one gives, whatever holds the index."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.store import ServerAddress
from tests.conftest import write_files
from tests.retrieval.qdrant_rest import QdrantRest


def case_files(folder: Path) -> Path:
    """Files of all kinds of fates: read, unpacked, refused, and long enough for several tasks."""
    write_files(folder)
    deed = "\n\n".join(
        f"Clause {number}. The miller keeps sluice {number} open from dusk. " * 5
        for number in range(120)
    )
    (folder / "deed.txt").write_text(deed, encoding="utf-8")
    (folder / "mail.eml").write_text(
        "Subject: The deed\nFrom: reeve@weir.example\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nThe deed is attached.\n"
        '--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="note.txt"\n\n'
        "The weir holds.\n--b--\n",
        encoding="utf-8",
    )
    (folder / "corrupt.pdf").write_bytes(b"%PDF-1.7 nothing")
    return folder


@pytest.mark.slow
def test_ray_gives_what_a_local_run_gives(small: Library, tmp_path: Path) -> None:
    files = case_files(tmp_path / "files")
    with QdrantRest() as rest:
        local = Library(tmp_path / "local", server=ServerAddress(rest.url, "local", timeout=30))
        expected = local.ingest("weir", [files])
        local.close()
        environment = {**os.environ, "QDRANT_URL": rest.url, "QDRANT_COLLECTION": "ray"}
        environment |= {"CASEWRIGHT_HOME": str(tmp_path / "ray")}
        command = ["ingest", "weir", str(files), "--workers", "ray", "--json"]
        run = subprocess.run(
            [sys.executable, "-m", "ui.cli", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        assert run.returncode == 0, run.stderr
        there = Library(tmp_path / "ray", server=ServerAddress(rest.url, "ray", timeout=30))
        assert there.documents("weir") == local.documents("weir")
        there.close()
        # Ids, payloads with spans and generations, and the vectors to the last bit.
        assert rest.points("ray") == rest.points("local")
    assert {one.verdict for one in expected} == {"indexed", "refused"}
    assert sum(one.passages for one in expected) > 100


LISTENING = """
import json
import psutil
from retrieval.workers_ray import cluster

with cluster() as joined:
    found = [process.net_connections() for process in psutil.Process().children(recursive=True)]
    print(json.dumps([one.laddr.ip for all in found for one in all if one.status == "LISTEN"]))
"""


@pytest.mark.slow
def test_ray_of_this_machine_listens_to_this_machine_alone() -> None:
    environment = {name: value for name, value in os.environ.items() if "RAY_" not in name}
    run = subprocess.run(
        [sys.executable, "-c", LISTENING],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert set(json.loads(run.stdout)) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert json.loads(run.stdout)
