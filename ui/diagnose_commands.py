"""``casewright diagnose``: which of prompt, retrieval, adapter, model and file is at fault."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.libraries import training_libraries
from ui.options import JsonFlag, MatterName
from ui.printing import note, out, print_json, print_table
from ui.settings import library_settings, model_settings, open_library, vllm_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrieval.library import Library
    from serving.adapters import Adapter
    from training.diagnose import Verdict
    from training.gold import GoldQuestion

app = typer.Typer()


@app.command()
def diagnose(
    matter: MatterName,
    question: Annotated[
        str | None, typer.Argument(help="A question whose answer was bad; without, five answers.")
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option(help="What a right answer states, as a date; again.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="A set: JSONL of questions with gold facts and spans.")
    ] = None,
    adapter: Annotated[str | None, typer.Option(help="An adapter by name.")] = None,
    base: Annotated[bool, typer.Option("--base", help="The base model, no adapter.")] = False,
    memoranda: Annotated[
        Path | None, typer.Option(help="JSONL of the house's examples; style is held to them.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many questions.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say where the fault lies: prompt, retrieval, adapter, model or file; and what to do next."""
    if question is not None and questions is not None:
        raise typer.BadParameter("give either a question or --questions FILE")
    if fact and question is None:
        raise typer.BadParameter("--fact goes with a question")
    library = open_library()
    library.documents(matter)  # an unknown matter is told before anything is loaded
    if question is None and questions is None:
        with training_libraries():
            _print_readiness(library, matter, memoranda, as_json=as_json)
        return
    with training_libraries():
        from training.diagnose import question_of
        from training.gold import read_questions

        lost: list[str] = []
        if questions is not None:
            asked = read_questions(questions)[:limit]
        else:
            one, lost = question_of(library, matter, str(question), fact or [])
            asked = [one]
        if lost:
            _print_lost(matter, str(question), lost, as_json=as_json)
            return
        verdicts = _diagnosed(library, matter, asked, adapter, memoranda, base_only=base)
    if as_json:
        print_json([{**asdict(one), "faults": one.faults} for one in verdicts])
    else:
        _print_verdicts(verdicts)


def _diagnosed(
    library: "Library",
    matter: str,
    questions: "Sequence[GoldQuestion]",
    adapter: str | None,
    memoranda: Path | None,
    *,
    base_only: bool,
) -> "list[Verdict]":
    from training.asking import Decoding
    from training.diagnose import diagnose as run
    from training.evaluate import described, name_of
    from training.examples import read_examples
    from training.grounds import grounds
    from training.house_profile import profile_of
    from training.memoranda.vary import MEMORANDA
    from training.written import Pages
    from ui.asking import engine_for
    from ui.evaluate_commands import house_memoranda
    from ui.progress import bar
    from ui.recording import recorded

    settings = model_settings()
    engine, named = engine_for(
        library.home,
        settings,
        vllm_server(),
        adapter=adapter,
        base_only=base_only,
        keep_prompt=False,
    )
    chosen: Adapter | None = next((one for one in engine.adapters if one.name == named), None)
    if chosen is None:
        house = read_examples(memoranda or MEMORANDA)
    else:
        house = house_memoranda(chosen, memoranda)
    k, decoding = library_settings().passages, Decoding(settings.memo_tokens)
    about = described(library, matter, questions, engine, chosen, k, decoding)
    pages = Pages(library.case_file(matter).evaluations / name_of(about) / "written.jsonl")
    act = {"matter": matter, "adapter": named, "questions": len(questions)}
    try:
        with recorded(library.home, "diagnose", **act), bar("Diagnosing", note) as advance:
            found = grounds(library, matter, questions, k)
            return run(engine, chosen, found, profile_of(house), pages, decoding, advance)
    finally:
        engine.close()


def _print_lost(matter: str, question: str, lost: "Sequence[str]", *, as_json: bool) -> None:
    """Prints that the file is at fault: it does not state what a right answer states."""
    from serving.abstain import what_would_answer

    told = f"{matter}: no passage states {', '.join(lost)}"
    next_step = f"File: ingest {what_would_answer(question)}"
    if as_json:
        print_json([{"faults": ["file"], "reasons": [told], "next": [next_step]}])
        return
    out.print(f"At fault: file\n  {told}\n{next_step}", markup=False, soft_wrap=True)


def _print_verdicts(verdicts: "Sequence[Verdict]") -> None:
    for one in verdicts:
        faults = " and ".join(one.faults) or "nothing: facts and style are right"
        out.print(f"{one.question}: at fault: {faults}", markup=False, soft_wrap=True)
        for line in (*one.reasons, *one.next):
            out.print(f"  {line}", markup=False, soft_wrap=True)
    if len(verdicts) == 1:
        figures = verdicts[0].figures.items()
        print_table(
            ["asked again", "style", "facts"],
            [[arm, f"{style:.2f}", f"{facts:.2f}"] for arm, (style, facts) in figures],
        )
        return
    facts, style = (Counter(getattr(one, of) or "none" for one in verdicts) for of in _OF)
    out.print("")
    print_table(
        ["at fault", "for the facts", "for the style"],
        [
            [fault, str(facts[fault]), str(style[fault])]
            for fault in ("none", "prompt", "retrieval", "adapter", "model", "file")
        ],
    )


def _print_readiness(
    library: "Library", matter: str, memoranda: Path | None, *, as_json: bool
) -> None:
    from training.examples import read_examples
    from training.readiness import readiness

    examples = None
    if memoranda is not None:
        examples = sum(one.split == "train" for one in read_examples(memoranda))
    found = readiness(library, matter, library.case_file(matter).evaluations, examples)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for number, one in enumerate(found, start=1):
        told = f"{number}. {one.question} {one.answer}: {one.told}"
        out.print(told, markup=False, soft_wrap=True)


_OF = ("facts", "style")
