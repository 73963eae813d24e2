"""``casewright serve``: vLLM with the base model and the adapters in service, until it is ended."""

import contextlib
import os
import shlex
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from serving import adapters as registry
from serving import vllm
from serving.models import served_name
from ui.libraries import training_libraries
from ui.options import Refused
from ui.printing import note, out
from ui.settings import library_settings, model_settings, serve_settings

if TYPE_CHECKING:
    from serving import vllm_run
    from serving.vllm_settings import ServeSettings

app = typer.Typer()

ON_THIS_MACHINE = (vllm.LOOPBACK, "localhost")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@app.command()
def serve(
    adapter: Annotated[
        list[str] | None,
        typer.Option(help="An adapter beside those in service, as one to be verified; again."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = vllm.LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port there.")] = 8000,
    certificate: Annotated[Path | None, typer.Option(help="For https: the certificate.")] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="For https: its key.")] = None,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the command that would be run, and end.")
    ] = False,
) -> None:
    """Serve the base model and every adapter in service by vLLM, until it is interrupted."""
    # Imported here: a web server and its client, which no other command needs.
    from serving import vllm_run
    from serving.vllm_proxy import Listening, standing_before

    settings, folder = serve_settings(), library_settings().home / "vllm"
    if (certificate is None) != (certificate_key is None):
        raise typer.BadParameter("give both --certificate and --certificate-key, or neither")
    front = None
    if host not in ON_THIS_MACHINE or certificate is not None:
        front = Listening(host, port, certificate, certificate_key)
    program = vllm_run.program(settings.python)
    served = what_is_served(adapter or (), settings, vllm_run.this_machine())
    inner = vllm_run.free_port(0 if front else port)
    command = [*program, *vllm.arguments(served, inner)]
    if print_only:
        out.print(shlex.join(command), markup=False, soft_wrap=True)
        return
    own_key = settings.api_key is not None
    key = settings.api_key.get_secret_value() if settings.api_key else vllm_run.server_key(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = folder / "server.log"
    url = f"http://{vllm.LOOPBACK}:{inner}"
    try:
        with (
            _ended_by_signals(),
            # First: what is wrong with an address or a certificate is told before a model loads.
            standing_before(url, key, front) if front else contextlib.nullcontext(),
            vllm_run.running(command, vllm.environment(os.environ, key), log) as process,
        ):
            with _progress() as report:
                vllm_run.wait_until_healthy(process, url, log, report)
            registry.note_served(library_settings().home, served.forms)
            _tell(served, front.url if front else url, None if own_key else folder / "key")
            process.wait()
            raise vllm_run.NotServed(vllm_run.ended(process, log))
    except _Interrupted:
        note.print("vLLM has ended")


def what_is_served(
    names: Sequence[str], settings: "ServeSettings", machine: "vllm_run.Machine"
) -> vllm.Served:
    """Gives what a server has: the base model that is set, the adapters in service and those named.

    Where an adapter is served merged, it is served alone. The base model's checkpoint and merged
    weights are made where they are not there yet, which takes torch.

    Raises:
        ModelUnavailable: a model or adapter is unknown, altered, or of another base.
        Refused: several adapters are to be served merged, or none.
    """
    home, model = library_settings().home, model_settings()
    hardware = settings.hardware(machine.dtype)
    with training_libraries():
        from training.checkpoint import find_base

        base = find_base(model.base, home)
    chosen = registry.in_service(home, base)
    chosen += [registry.find(home, name) for name in names]
    adapters = tuple({one.name: one for one in chosen}.values())
    for one in adapters:
        registry.verify(one, base)
    # Measured on two cores, an adapter beside its base writes at half of the base's speed.
    quicker = not machine.gpu and len(adapters) == 1 and not names
    if settings.adapters != "merged" and (settings.adapters == "lora" or not quicker):
        names_of_base = (served_name(base), base.name)
        return vllm.Served(base.folder.resolve(), names_of_base, adapters, model.context, hardware)
    if len(adapters) != 1:
        raise Refused(
            f"{len(adapters)} adapters are in service or named; one alone can be served merged, "
            "set VLLM_ADAPTERS=lora"
        )
    with training_libraries():
        from training.merge import ensure_merged

        merged = ensure_merged(adapters[0], base.folder, home)
    return vllm.Served(merged, (adapters[0].name,), (), model.context, hardware, merged=True)


class _Interrupted(Exception):
    """A signal that ends the server."""


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Lets a signal to end, or the loss of the terminal, end the block by _Interrupted."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise _Interrupted

    before = {one: signal.signal(one, interrupt) for one in ENDING}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows what vLLM says of its start: in one line, or in a log line by line."""
    if note.is_terminal:
        with note.status("vLLM is starting") as shown:
            yield lambda what: shown.update(f"vLLM starts: {escape(what)}")
        return
    told = ""

    def tell(what: str) -> None:
        nonlocal told
        if what != told:
            note.print(f"vLLM starts: {what}", markup=False, soft_wrap=True)
        told = what

    yield tell


def _tell(served: vllm.Served, url: str, key: Path | None) -> None:
    """Says what is served, and how it is asked."""
    names = ", ".join([served.names[0], *(one.name for one in served.adapters)])
    alone = " (merged into its base, which is not served: VLLM_ADAPTERS=lora serves both)"
    merged = "merged" in served.forms.values()
    out.print(f"vLLM serves {names}{alone if merged else ''}", markup=False, soft_wrap=True)
    set_key = "" if key is None else f' VLLM_API_KEY="$(cat {shlex.quote(str(key))})"'
    out.print(f"export VLLM_URL={url}{set_key}", markup=False, soft_wrap=True)
    note.print("Ctrl-C ends it")
