"""The commands that make a table of a matter: its chronology, and a question to every document."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from retrieval.errors import ModelUnavailable
from ui.options import DocumentNames, JsonFlag, Kinds, MatterName, Question, Since, Until
from ui.printing import note, place_row, print_json, print_review_row, print_table
from ui.recording import record_table_export, recorded
from ui.settings import model_settings, open_library, vllm_server

app = typer.Typer()

TableFile = Annotated[Path | None, typer.Option(help="Also write .docx, .md or .csv.")]
EventsSince = Annotated[str, typer.Option(help="Only events of this day or later: 2019-03-14.")]
EventsUntil = Annotated[str, typer.Option(help="Only events of this day or earlier.")]


@app.command()
def chronology(
    matter: MatterName,
    output: TableFile = None,
    document: DocumentNames = None,
    kind: Kinds = None,
    since: EventsSince = "",
    until: EventsUntil = "",
    as_json: JsonFlag = False,
) -> None:
    """Make the chronology of a matter: dated events with pin cites, no model asked."""
    from retrieval.scope import scope_of
    from serving.table_file import check_table_form, write_table

    if output is not None:
        check_table_form(output)
    days = scope_of(since=since, until=until)  # of the events; the documents may be of any day
    scope = scope_of(documents=document or (), kinds=kind or ())
    library = open_library()

    from serving.chronology import chronology as made_of
    from serving.tables import chronology_standing, chronology_table

    with recorded(library.home, "chronology", matter=matter) as fields:
        made = made_of(library, matter, scope=scope, since=days.since, until=days.until)
        receipt: dict[str, Any] = {
            "generation": max((one.generation for one in made.documents), default=0),
            "documents": [one.id for one in made.documents],
            "passages": made.passages,
            "events": len(made.events),
            "left_out": made.left_out,
        }
        fields.update(receipt)
    receipt = {"matter": matter, **receipt}
    if output is not None:
        content = write_table(chronology_table(matter, made, receipt), output)
        record_table_export(library.home, matter, "chronology", output.suffix, content)
    if as_json:
        rows = [
            {
                "date": one.date,
                "precision": one.precision,
                "written": one.written,
                "event": one.text,
                "kind": one.kind,
                "verdict": one.verdict,
                "pin_cites": list(one.pin_cites),
                "passages": [place_row(place) for place in one.passages],
            }
            for one in made.events
        ]
        print_json({"events": rows, "receipt": receipt})
        return
    print_table(
        ["date", "event", "source"],
        [[one.date, one.text, "; ".join(one.pin_cites)] for one in made.events],
    )
    note.print(chronology_standing(made), markup=False, soft_wrap=True)


@app.command()
def review(
    matter: MatterName,
    question: Question,
    adapter: Annotated[str | None, typer.Option(help="An adapter by name.")] = None,
    base: Annotated[bool, typer.Option("--base", help="The base model, no adapter.")] = False,
    answer_anyway: Annotated[
        bool, typer.Option("--answer-anyway", help="Ask the model even on weak evidence.")
    ] = False,
    output: TableFile = None,
    document: DocumentNames = None,
    kind: Kinds = None,
    since: Since = "",
    until: Until = "",
    as_json: JsonFlag = False,
) -> None:
    """Ask every document of a matter one question: a checked row a document."""
    from retrieval.scope import scope_of
    from serving.table_file import check_table_form, write_table
    from ui.asking import engine_for

    if output is not None:
        check_table_form(output)
    library = open_library()
    scope = scope_of(documents=document or (), kinds=kind or (), since=since, until=until)
    asked = scope.of(library.documents(matter))
    engine, chosen = engine_for(
        library.home, model_settings(), vllm_server(), adapter=adapter, base_only=base
    )

    from serving import prompts
    from serving.repair import TOKENS
    from serving.review import Row
    from serving.review import review as rows_of
    from serving.tables import review_standing, review_table
    from serving.writing import writer

    receipt: dict[str, Any] = {
        "matter": matter,
        "question_sha256": hashlib.sha256(question.encode()).hexdigest(),
        "generation": max((one.generation for one in asked), default=0),
        "base": engine.base.name,
        "base_sha256": engine.base.sha256,
        "adapter": chosen,
        "prompt": prompts.fingerprint(),
        "documents": [one.id for one in asked],
    }
    rows: list[Row] = []
    broken: ModelUnavailable | None = None
    write = writer(engine, engine.adapters[0] if chosen else None, TOKENS, matter)
    try:
        with recorded(library.home, "review", **receipt) as fields:
            fields["answers"] = fields["verdicts"] = {}
            for row in rows_of(library, matter, question, write, scope=scope, anyway=answer_anyway):
                rows.append(row)
                fields["answers"] = receipt["answers"] = dict(Counter(one.how for one in rows))
                fields["verdicts"] = receipt["verdicts"] = dict(Counter(o.verdict for o in rows))
                if not as_json:
                    print_review_row(row)
                note.print(f"{len(rows)} of {len(asked)} documents", style="dim")
    except ModelUnavailable as error:
        done = f"{len(rows)} of {len(asked)} documents were reviewed"
        broken = ModelUnavailable(f"{error}; {done}")
    fault = "" if broken is None else str(broken)
    if output is not None and rows:
        content = write_table(review_table(question, rows, receipt, fault), output)
        record_table_export(library.home, matter, "review", output.suffix, content)
    if as_json:
        table = [
            {
                "document": row.document.name,
                "path": row.document.path,
                "answer": row.answer,
                "how": row.how,
                "verdict": row.verdict,
                "pin_cites": list(row.pin_cites),
                "passages": [place_row(place) for place in row.passages],
            }
            for row in rows
        ]
        print_json({"question": question, "rows": table, "receipt": receipt, "fault": fault})
    if broken is not None:
        raise broken
    note.print(review_standing(rows), markup=False, soft_wrap=True)
