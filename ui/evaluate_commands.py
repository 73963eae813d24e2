"""``casewright evaluate``: what of a memorandum is the adapter's doing and what retrieval's."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.libraries import training_libraries
from ui.options import JsonFlag, Refused
from ui.printing import note, out, print_json, print_table
from ui.settings import library_settings, model_settings, open_library, vllm_server

if TYPE_CHECKING:
    from retrieval.library import Library
    from serving.adapters import Adapter
    from training.arms import Extent
    from training.evaluate import Evaluation
    from training.examples import Example
    from training.gold import GoldQuestion

    Asked = tuple[Library, str, list[GoldQuestion]]

app = typer.Typer()


@app.command()
def evaluate(
    matter: Annotated[str | None, typer.Argument(help="The matter's name.")] = None,
    questions: Annotated[
        Path | None, typer.Option(help="JSONL of questions with gold facts and spans.")
    ] = None,
    make_questions: Annotated[
        bool, typer.Option("--make-questions", help="Make questions from the file, by rules.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="JSONL of examples, in place of a matter.")
    ] = None,
    adapter: Annotated[str | None, typer.Option(help="An adapter by name.")] = None,
    memoranda: Annotated[
        Path | None, typer.Option(help="JSONL of the house's examples; style is held to them.")
    ] = None,
    arms: Annotated[
        str, typer.Option(help="four, standard (gold passages and prompts too) or all.")
    ] = "standard",
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many questions.")] = None,
    grammar: Annotated[
        bool, typer.Option("--grammar", help="Hold memoranda to the headings, as ask does.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="A folder for the report, the chart and the JSON.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Prove what the adapter does and what retrieval does: base and adapter, with and without."""
    if (matter is None) == (data is None):
        raise typer.BadParameter("give either a matter or --data FILE")
    if questions is not None and (make_questions or data is not None):
        raise typer.BadParameter("--questions goes without --make-questions and --data")
    with training_libraries():
        found, folder = _evaluated(
            _asked(matter, questions, data, limit, make=make_questions),
            matter,
            adapter,
            memoranda,
            extent(arms),
            grammar=grammar,
        )
        report = write_report(found, output or folder)
        if output is not None and matter is not None:
            from ui.recording import record_table_export

            home = library_settings().home
            record_table_export(home, matter, "evaluation", report.suffix, report.read_bytes())
    if as_json:
        print_json({**found.as_json(), "report": str(report)})
        return
    print_evaluation(found)
    out.print(f"\nThe report: {report}", markup=False, soft_wrap=True)


def extent(named: str) -> "Extent":
    """Gives the set of arms of this name. Raises typer.BadParameter."""
    from training.arms import ARMS

    for known in ARMS:
        if known == named:
            return known
    raise typer.BadParameter(f"--arms: {named}; give {', '.join(ARMS)}")


def adapter_to_prove(home: Path, named: str | None) -> "Adapter":
    """Gives the adapter of that name, or the live one, or the newest. Raises Refused."""
    from serving import adapters

    if named is not None:
        return adapters.find(home, named)
    known = adapters.adapters(home)
    if not known:
        raise Refused("there is no adapter to evaluate; `casewright train` makes one")
    return adapters.promoted(home) or known[-1]


def house_memoranda(adapter: "Adapter", named: Path | None) -> "list[Example]":
    """Gives the examples that style is measured against, and says so where they are a stopgap."""
    from training.examples import read_examples
    from training.gate import training_data
    from training.memoranda.vary import MEMORANDA

    known = named or training_data(adapter, None)
    if known is None:
        note.print(
            f"{adapter.name} was trained on a file that is not known here: style is measured "
            "against the memoranda that ship; name the house's own with --memoranda",
            markup=False,
            soft_wrap=True,
        )
    return read_examples(known or MEMORANDA)


def write_report(found: "Evaluation", folder: Path) -> Path:
    """Writes ``evaluation.json``, ``chart.png`` and ``report.html``; gives the last one's path."""
    from training.costs import CostSettings
    from training.effect_chart import draw_effects
    from training.effects import ADAPTER_EFFECT
    from training.evaluate import EVALUATION
    from ui.evaluation_report import evaluation_page

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found.as_json(), indent=1, ensure_ascii=False) + "\n"
    for target in {folder, Path(found.about["folder"])}:
        (target / EVALUATION).write_text(text, encoding="utf-8")
    chart = None
    if set(ADAPTER_EFFECT) <= {*found.arms}:
        chart = folder / "chart.png"
        draw_effects(found.table, found.effects, chart)
    page = folder / "report.html"
    page.write_text(evaluation_page(found, chart, CostSettings().currency), encoding="utf-8")
    return page


def print_evaluation(found: "Evaluation") -> None:
    """Prints what was found: in words, every arm, the effects, the costs."""
    from training.costs import CostSettings
    from training.measures import CITING, DECLINING, SCORES
    from ui.evaluation_report import costs_told, told

    for one in found.findings:
        out.print(f"{one.expected}: {one.outcome}, {one.told}", markup=False, soft_wrap=True)
    out.print("")
    shown = (*SCORES, "gold facts found", "unsupported facts", CITING[0], *DECLINING)
    print_table(
        ["arm", *shown],
        [[arm, *(told(row.get(measure)) for measure in shown)] for arm, row in found.table.items()],
    )
    out.print("")
    print_table(
        ["effect of", "on", "95 % interval", "questions"],
        [
            [row.what, row.measure, told(row.effect, sign=True), str(row.effect.questions)]
            for row in found.effects
        ],
    )
    out.print("")
    print_table(
        ["cost of", "seconds", "tokens read", "written", "most memory", "money"],
        [[*costs_told(one, CostSettings().currency)] for one in found.costs],
    )


def _evaluated(
    asked: "Asked",
    matter: str | None,
    adapter: str | None,
    memoranda: Path | None,
    named: "Extent",
    *,
    grammar: bool,
) -> "tuple[Evaluation, Path]":
    from training.arms import ARMS
    from training.asking import Decoding
    from training.costs import CostSettings
    from training.evaluate import evaluate as run
    from ui.asking import engine_for
    from ui.progress import bar
    from ui.recording import recorded

    settings, home = model_settings(), library_settings().home
    chosen = adapter_to_prove(home, adapter)
    engine, _ = engine_for(home, settings, vllm_server(), adapter=chosen.name, keep_prompt=False)
    house = house_memoranda(chosen, memoranda)
    library, name, put = asked
    act = {"matter": matter, "adapter": chosen.name, "questions": len(put), "arms": named}
    try:
        with recorded(home, "evaluate", **act), bar("Evaluating", note) as advance:
            found = run(
                library,
                name,
                put,
                engine,
                chosen,
                arms=ARMS[named],
                k=library_settings().passages,
                decoding=Decoding(settings.memo_tokens, grammar),
                memoranda=house,
                folder=evaluations(library, matter),
                price=CostSettings().price_per_hour,
                report=advance,
            )
    finally:
        engine.close()
    return found, Path(found.about["folder"])


def evaluations(library: "Library", matter: str | None) -> Path:
    """Gives where evaluations are kept: a matter's in its folder, so that they go with it."""
    if matter is None:
        return library_settings().home / "evaluations"
    return library.case_file(matter).evaluations


def _asked(
    matter: str | None,
    questions: Path | None,
    data: Path | None,
    limit: int | None,
    *,
    make: bool,
) -> "Asked":
    """The library, the matter in it and the questions to it."""
    if matter is not None:
        library = open_library()
        library.documents(matter)  # an unknown matter is told before anything else
        put = matter_questions(library, matter, questions, make=make)
        return library, matter, put[:limit]
    from retrieval.packaged import file_sha256
    from training.examples import read_examples
    from training.set_matter import MATTER, set_matter

    assert data is not None
    examples = read_examples(data)
    held_out = [one for one in examples if one.split == "held-out"] or examples
    home = library_settings().home
    # Kept from run to run, so that one that was cut short goes on.
    folder = home / "evaluations" / f"set-{file_sha256(data)[:12]}-{limit or 'all'}"
    made, put = set_matter(folder, held_out[:limit], home)
    return made, MATTER, put


def matter_questions(
    library: "Library", matter: str, questions: Path | None, *, make: bool
) -> "list[GoldQuestion]":
    """Gives the questions of a file, of the sample matter, or made from the matter by rules.

    Raises:
        Refused: none of these was asked for.
    """
    from training.gold import read_questions
    from training.made_questions import made_questions
    from ui.samples import MATTER_ID, QUESTIONS

    if questions is not None:
        return read_questions(questions)
    if make:
        return made_questions(library, matter)
    if matter == MATTER_ID:
        return read_questions(QUESTIONS)
    raise Refused(
        f"{matter}: what is it to be asked? Name a file with --questions, or let rules make some "
        "with --make-questions"
    )
