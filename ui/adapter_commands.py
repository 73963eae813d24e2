"""The commands on style adapters: list, show, add, prove, promote, roll back, export.

torch and its libraries are loaded only where an adapter is proven, added or merged.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from serving import adapters as registry
from serving.adapters import Adapter
from serving.model_card import gate_state, held_out_loss, model_card
from ui.libraries import training_libraries
from ui.options import JsonFlag, Refused
from ui.printing import note, out, print_json, print_table
from ui.recording import record
from ui.settings import library_settings, model_settings, vllm_server

app = typer.Typer()
adapters_app = typer.Typer(
    help="List, prove, promote and roll back style adapters.", invoke_without_command=True
)
app.add_typer(adapters_app, name="adapters")

Name = Annotated[str, typer.Argument(help="The adapter's name.")]


@adapters_app.callback()
def adapters(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the adapters."""
    if context.invoked_subcommand is not None:
        return
    home = library_settings().home
    found, served = registry.adapters(home), registry.served(home)
    if as_json:
        print_json([{**_row(one), "vllm": served.get(one.name)} for one in found])
        return
    print_table(
        ["adapter", "base", "held-out loss", "gate", "on vLLM", "live"],
        [
            [
                one.name,
                one.card["base"]["name"],
                held_out_loss(one.card),
                gate_state(one),
                served.get(one.name, ""),
                "yes" if one.promoted else "",
            ]
            for one in found
        ],
    )


@adapters_app.command("show")
def show_adapter(name: Name, as_json: JsonFlag = False) -> None:
    """Show an adapter's card: what it was made from, what was measured, what it is for."""
    adapter = registry.find(library_settings().home, name)
    if as_json:
        print_json(_row(adapter))
    else:
        out.print(model_card(adapter), markup=False, soft_wrap=True, end="")


@adapters_app.command("add")
def add_adapter(
    folder: Annotated[Path, typer.Argument(help="A folder with a PEFT LoRA in safetensors.")],
    name: Annotated[str, typer.Option(help="The name to give it; its hash is added.")],
    as_json: JsonFlag = False,
) -> None:
    """Register an adapter that was made elsewhere, on the base model that is set."""
    from serving.adapter_files import check_files
    from serving.models import slug

    if name != slug(name):
        raise Refused(f"{name}: not a name; use lower case letters, digits and hyphens")
    check_files(folder)  # told before torch takes its seconds
    home, base = library_settings().home, _base_model()
    with training_libraries():
        from training.checkpoint import ensure_checkpoint
        from training.export import add_adapter as add

        adapter = add(home, folder, name, base, ensure_checkpoint(base, home))
    if as_json:
        print_json(_row(adapter))
        return
    out.print(
        f"{adapter.name}: added; run `casewright adapters verify {adapter.name}` before it is "
        "promoted",
        markup=False,
        soft_wrap=True,
    )


@adapters_app.command("verify")
def verify_adapter(
    name: Name,
    data: Annotated[Path | None, typer.Option(help="The JSONL that it was trained on.")] = None,
    canary: Annotated[Path | None, typer.Option(help="A file with one canary a line.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer prompts; not to promote.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Run the gate: served as trained, style up, facts not down, no leak."""
    home = library_settings().home
    adapter = registry.find(home, name)
    proof = prove(home, adapter, data=data, canaries=_lines(canary), quick=quick)
    if as_json:
        from dataclasses import asdict

        print_json({**asdict(proof), "green": proof.green})
    else:
        for check in proof.checks:
            mark = "ok" if check.passed else "FAILED"
            out.print(f"{mark:6} {check.name}: {check.told}", markup=False, soft_wrap=True)
    if not proof.green:
        raise Refused(
            f"{adapter.name}: the gate is not passed; figures in {adapter.folder / 'gate.json'}"
        )
    note.print(f"{adapter.name}: {proof.state} in {proof.seconds:.0f} s", markup=False)


@adapters_app.command("promote")
def promote_adapter(name: Name) -> None:
    """Make an adapter that passed the gate the one that answers by default."""
    home = library_settings().home
    adapter = registry.find(home, name)
    registry.promote(home, adapter, _base())
    record(home, "promote", adapter=adapter.name)
    out.print(f"{adapter.name}: answers from now on", markup=False)


@adapters_app.command("rollback")
def roll_back() -> None:
    """Make the adapter live again that was live before."""
    home = library_settings().home
    before = registry.rollback(home, _base())
    record(home, "rollback", now_live=before.name if before else None)
    out.print(f"{before.name if before else 'the base model'}: answers again", markup=False)


@app.command("export")
def export_adapter(
    name: Name,
    gguf: Annotated[Path | None, typer.Option(help="Write a GGUF LoRA for llama.cpp.")] = None,
    merged: Annotated[
        Path | None, typer.Option(help="Write a merged checkpoint for vLLM and others.")
    ] = None,
) -> None:
    """Export an adapter as a GGUF LoRA or merged into its base."""
    if (gguf is None) == (merged is None):
        raise typer.BadParameter("give either --gguf FILE or --merged FOLDER")
    home, base = library_settings().home, _base_model()
    adapter = registry.find(home, name)
    registry.verify(adapter, base)
    with training_libraries():
        if gguf is not None:
            from training.export import copy_gguf

            copy_gguf(adapter, gguf)
        else:
            from training.checkpoint import ensure_checkpoint
            from training.merge import export_merged

            assert merged is not None
            export_merged(adapter, ensure_checkpoint(base, home), merged)
    record(home, "export", adapter=adapter.name, form="GGUF" if gguf else "merged")
    out.print(f"{adapter.name}: written to {gguf or merged}", markup=False, soft_wrap=True)


def prove(
    home: Path,
    adapter: Adapter,
    *,
    data: Path | None = None,
    canaries: list[str] | None = None,
    quick: bool = False,
) -> Any:
    """Runs the gate with a progress bar; gives its proof. torch is loaded only here."""
    from ui.progress import bar

    settings, server = model_settings(), vllm_server()
    with training_libraries():
        from training.checkpoint import find_base

        # llama.cpp serves the GGUF file, vLLM the checkpoint that is made of it.
        base = _base_model() if server is None else find_base(settings.base, home)
        registry.verify(adapter, base)
        from training.gate import FULL, QUICK
        from training.gate import prove as run

        with bar("Gate", note) as advance:
            report: Callable[[int, int, str], None] = advance
            return run(
                home,
                adapter,
                base,
                server=server,
                data=data,
                canaries=canaries or (),
                extent=QUICK if quick else FULL,
                threads=settings.threads,
                report=report,
            )


def _row(adapter: Adapter) -> dict[str, Any]:
    return {**adapter.card, "promoted": adapter.promoted, "gate": gate_state(adapter)}


def _lines(file: Path | None) -> list[str]:
    """The lines of a text file that are not blank."""
    if file is None:
        return []
    try:
        return [line.strip() for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise Refused(
            f"{file}: cannot be read as UTF-8; name a file of one canary a line"
        ) from None


def _base_model() -> Any:
    from serving.models import resolve

    settings = model_settings()
    return resolve(settings.base, settings.base_sha256)


def _base() -> Any:
    """Which base model is meant, wherever its weights are."""
    from serving.models import identify

    settings = model_settings()
    return identify(settings.base, settings.base_sha256)
