"""A vLLM server as a program of this machine: found, started, waited for, ended whole."""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from retrieval.errors import CasewrightError
from serving.vllm import LOOPBACK

MODULE = "vllm.entrypoints.openai.api_server"
"""Not the ``vllm`` command: that of vLLM's CPU build looks for a package which it is not."""

INSTALL = "pip install vllm==0.32.0"

END_SECONDS = 20.0
"""How long vLLM may take to end when it is asked to."""

BFLOAT16_SINCE = 8.0
"""NVIDIA's compute capability that has it: Ampere."""
AMD = Path("/dev/kfd")
"""Where an AMD GPU is."""

_LOG_LINE = re.compile(r"(?:INFO|WARNING) [\d-]+ [\d:]+ \[[^\]]*\] (.+)")
_FAULT = re.compile(r"\b(\w*(?:Error|Exception)): (.+)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class NotServed(CasewrightError):
    """A vLLM server that cannot be started, or that ended by itself."""


def program(python: Path | None) -> list[str]:
    """Gives what starts vLLM: a Python that has it, this one, or the ``vllm`` command.

    Raises:
        NotServed: none of them is there.
    """
    if python is not None:
        if not os.access(python, os.X_OK):
            raise NotServed(f"{python}: cannot be run; correct VLLM_PYTHON")
        return [str(python), "-m", MODULE]
    found = importlib.util.find_spec("vllm")
    if found is not None and found.origin is not None:
        return [sys.executable, "-m", MODULE]
    if command := shutil.which("vllm"):
        return [command, "serve"]
    raise NotServed(
        f"vLLM is not installed here; run `{INSTALL}` in an environment of its own, and name its "
        "Python in VLLM_PYTHON"
    )


def listener(host: str, port: int) -> socket.socket:
    """Gives a socket that listens there; port 0 is any free one. Raises NotServed."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise NotServed(
            f"{host}:{port}: cannot be listened on ({error.strerror}); name another with --host "
            "and --port"
        ) from None


def free_port(port: int = 0) -> int:
    """Gives a port of the loopback address that is free: this one, or any (0). Raises NotServed."""
    with listener(LOOPBACK, port) as line:
        return int(line.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine computes on: whether a GPU, and the number type that suits it."""

    gpu: bool
    dtype: str


def this_machine() -> Machine:
    """Gives what vLLM finds here: bfloat16, but float16 on a GPU that lacks it."""
    asked = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30)
        oldest = min(float(line) for line in said.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return Machine(AMD.exists(), "bfloat16")  # a CPU has it too
    return Machine(True, "bfloat16" if oldest >= BFLOAT16_SINCE else "float16")


def server_key(folder: Path) -> str:
    """Gives the API key of this home's server, made at random when it is first asked for.

    Its file can be read by its owner alone. Raises NotServed where there is none to be had.
    """
    file = folder / "key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            made = folder / f".key-{os.getpid()}"
            made.touch(mode=0o600, exist_ok=False)
            try:
                made.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
                os.link(made, file)  # whole, and the first one's where two start at once
            finally:
                made.unlink()
        key = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotServed(
            f"{file}: the key cannot be made or read ({type(error).__name__}); make the folder "
            "writable, or set VLLM_API_KEY"
        ) from None
    if len(key) < 16:
        raise NotServed(f"{file}: is no key; delete the file, a new one is made")
    return key


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs a server while the block does, its words in ``log``; then it and its children end.

    Raises:
        NotServed: it cannot be started.
    """
    try:
        log.touch(mode=0o600)
        with log.open("wb") as words:
            # A session of its own: an interrupt of the terminal is ours to pass on, once.
            process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise NotServed(
            f"{command[0]}: vLLM cannot be started ({error.strerror}); correct VLLM_PYTHON"
        ) from None
    try:
        yield process
    finally:
        _end(process)


def wait_until_healthy(
    process: "subprocess.Popen[bytes]", url: str, log: Path, report: Callable[[str], None]
) -> None:
    """Waits until the server answers; ``report`` is told what it is doing.

    A large model loads for minutes, so that there is no limit but the process's own end.

    Raises:
        NotServed: it ended.
    """
    with httpx2.Client(trust_env=False, timeout=2.0) as client:
        while process.poll() is None:
            with contextlib.suppress(httpx2.TransportError):
                if client.get(f"{url}/health").status_code == 200:
                    return
            report(doing(log))
            time.sleep(0.25)
    raise NotServed(ended(process, log))


def ended(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Says that the server ended by itself, and why as far as its log tells."""
    faults = _FAULT.findall(_words(log))
    why = f" ({': '.join(faults[-1])[:200]})" if faults else ""
    return f"vLLM ended by itself, status {process.wait()}{why}; its log is {log}"


def doing(log: Path) -> str:
    """Gives the last thing that the server said of its start; empty before it said any."""
    said = _LOG_LINE.findall(_words(log))
    return str(said[-1])[:100] if said else ""


def _words(log: Path) -> str:
    with log.open("rb") as opened:
        opened.seek(max(0, log.stat().st_size - 20_000))
        return _COLOUR.sub("", opened.read().decode("utf-8", "replace"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
    finally:
        # What is left of its session: its engine, where the server was killed.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
