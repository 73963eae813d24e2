"""``casewright ask``: a question to a matter, alone or after others, and its memorandum."""

from pathlib import Path
from typing import Annotated

import typer

from ui import conversation
from ui.options import DocumentNames, Earlier, JsonFlag, Kinds, MatterName, Question, Since, Until
from ui.printing import (
    answer_row,
    note,
    print_broken,
    print_check,
    print_json,
    print_unanswered,
    stream,
)
from ui.settings import (
    house_settings,
    library_settings,
    model_settings,
    open_library,
    vllm_server,
)


def add_to(app: typer.Typer) -> None:
    """Adds the command, behind those that the app has."""
    app.command()(ask)


def ask(
    matter: MatterName,
    question: Question,
    after: Earlier = None,
    adapter: Annotated[str | None, typer.Option(help="An adapter by name.")] = None,
    base: Annotated[bool, typer.Option("--base", help="The base model, no adapter.")] = False,
    no_retrieval: Annotated[bool, typer.Option(help="Ask without passages.")] = False,
    no_grammar: Annotated[
        bool, typer.Option("--no-grammar", help="Let the model write in any form.")
    ] = False,
    answer_anyway: Annotated[
        bool, typer.Option("--answer-anyway", help="Ask the model even on weak evidence.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Also write .docx or .md.")] = None,
    template: Annotated[
        Path | None, typer.Option(help="A house's .docx; its styles are used.")
    ] = None,
    document: DocumentNames = None,
    kind: Kinds = None,
    since: Since = "",
    until: Until = "",
    as_json: JsonFlag = False,
) -> None:
    """Ask a matter; a memorandum with checked citations is streamed."""
    from retrieval.scope import scope_of
    from serving.memo_file import check_form, check_template
    from ui.asking import engine_for, how_to_ask

    look = template or house_settings().template
    if output is not None:
        check_form(output)
        check_template(look)
    library = open_library()
    scope = scope_of(documents=document or (), kinds=kind or (), since=since, until=until)
    scope.of(library.documents(matter))  # what cannot be asked is told before a model is loaded
    settings = model_settings()
    # The model loads in a thread from here on, while the rest is imported and searched.
    engine, chosen = engine_for(
        library.home, settings, vllm_server(), adapter=adapter, base_only=base
    )
    how = how_to_ask(
        settings,
        library_settings().passages,
        chosen,
        retrieve=not no_retrieval,
        anyway=answer_anyway,
        bound=not no_grammar,
        scope=scope,
    )

    from serving.answer import ask_matter
    from serving.answered import BrokenOff
    from serving.memo_file import write_memo
    from ui.recording import record_export, recorded_ask

    earlier = after or []
    now = conversation.asked_as(library, matter, question, earlier)
    if now.done:
        note.print(f"Asked as: {now.question}", markup=False, soft_wrap=True)
        note.print(f"({now.done})", markup=False, soft_wrap=True, style="dim")
    broken: BrokenOff | None = None
    try:
        origin = conversation.origin(question, earlier)
        with recorded_ask(library.home, matter, now.question, origin) as recorder:
            answer = recorder.answer = ask_matter(
                library,
                matter,
                now.question,
                engine,
                how,
                origin=origin,
                on_unanswered=print_unanswered,
                on_text=_silent if as_json else stream,
            )
    except BrokenOff as error:  # what there is of it is shown, then why there is no more
        broken, answer = error, error.answer
    if output is not None and answer.text:
        record_export(library.home, answer, output.suffix, write_memo(answer, output, look))
    if as_json:
        print_json({"typed": question, **answer_row(answer)})
    elif broken is not None:
        print_broken(answer)
    else:
        print_check(answer)
    if broken is not None:
        raise broken


def _silent(text: str) -> None:
    """Prints nothing: the memorandum comes as JSON."""
