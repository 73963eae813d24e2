"""The commands that back up a home and restore it.

Each is an act in the audit log: what, when, by whom, and the hash of the backup.
"""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrieval.errors import UnknownMatter
from ui.options import JsonFlag, Refused
from ui.printing import note, out, print_json, print_table
from ui.recording import recorded
from ui.settings import open_library

if TYPE_CHECKING:
    from retrieval.archive import Archive
    from retrieval.backup import Saved
    from retrieval.library import Library

app = typer.Typer()

Matters = Annotated[
    list[str] | None, typer.Option("--matter", help="Only this matter; again for more.")
]
_ENCRYPT = "it holds privileged files in the clear: keep it on an encrypted disk, or encrypt it"


@app.command()
def backup(
    dest: Annotated[Path, typer.Argument(help="The file to make, or a folder to make it in.")],
    matter: Matters = None,
    as_json: JsonFlag = False,
) -> None:
    """Back up all matters, adapters and the audit log, or some matters, into one file."""
    library, target = open_library(), _target(dest)
    started = time.monotonic()
    with recorded(library.home, "backup") as fields:
        told = _back_up(library, target, matter or [])
        fields.update(told)
    told |= {
        "file": str(target),
        "bytes": target.stat().st_size,
        "seconds": round(time.monotonic() - started, 2),
    }
    if as_json:
        print_json(told)
        return
    _print_saved(told)
    note.print(f"{target}: {_ENCRYPT}", markup=False, soft_wrap=True)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    matter: Matters = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also in the place of matters that are there.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read and check it; change nothing.")
    ] = False,
    sha256: Annotated[str, typer.Option(help="The hash that the backup was noted with.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Restore a backup, or some matters of it; nothing that is there is overwritten unasked."""
    from retrieval.archive import Archive
    from retrieval.restore import matters_in

    with Archive(file) as archive:
        if sha256 and archive.sha256 != sha256.strip().lower():
            raise Refused(f"{file}: its hash is {archive.sha256}; it is not the backup noted")
        there = matters_in(archive)
        if unknown := sorted({*(matter or [])} - {*there}):
            raise UnknownMatter(f"{file}: has no matter {unknown[0]}; it has {', '.join(there)}")
        # All of it is read before anything is changed.
        archive.check()
        wanted = matter or there
        if check:
            told = _checked(archive, wanted)
        else:
            library = open_library()
            told = _restore(library, archive, wanted, whole=not matter, replace=replace)
    if as_json:
        print_json(told)
        return
    print_table(
        ["matter", "documents", "passages", ""],
        [
            [one["matter_id"], str(one["documents"]), str(one["passages"]), one["outcome"]]
            for one in told["matters"]
        ],
    )
    note.print(_told(told), markup=False, soft_wrap=True)


def _target(dest: Path) -> Path:
    if dest.is_dir():
        return dest / f"casewright-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"
    if not dest.parent.is_dir():
        raise Refused(f"{dest}: the folder {dest.parent} does not exist; make it first")
    return dest


def _back_up(library: "Library", target: Path, named: list[str]) -> dict[str, Any]:
    """Makes the backup; gives what it holds, in ids, counts and hashes."""
    from retrieval.archive import writing
    from retrieval.backup import save_matter, size_of
    from retrieval.embed import NAME
    from serving import keeping
    from ui.progress import bar

    home = library.home
    all_there = {one.id: one for one in library.matters()}
    if unknown := [name for name in named if name not in all_there]:
        library.documents(unknown[0])  # raises that it is unknown
    wanted = [one for one in all_there.values() if not named or one.id in named]
    needed = library.free_bytes + sum(
        size_of(home / "matters" / one.id, one.passages) for one in wanted
    )
    saved: dict[str, Saved] = {}
    adapters: list[str] = []
    audit = False
    with writing(target, needed + (0 if named else keeping.size_of(home))) as writer:
        with bar("Saving", note) as advance:
            for done, one in enumerate(wanted):
                advance(done, len(wanted), one.id)
                try:
                    saved[one.id] = save_matter(writer, library.case_file(one.id))
                except UnknownMatter:
                    if named:
                        raise
                    # Deleted since the matters were listed: it is no more.
            advance(len(wanted), len(wanted), "")
        if not named:
            adapters, audit = keeping.save_adapters(writer, home), keeping.save_audit(writer, home)
        sha256 = writer.finish(
            {
                "casewright": version("casewright"),
                "made": datetime.now(UTC).isoformat(timespec="seconds"),
                "embedder": NAME,
                "whole_home": not named,
                "matters": {name: asdict(one) for name, one in saved.items()},
                "adapters": adapters,
                "audit": audit,
            }
        )
    return {
        "sha256": sha256,
        "whole_home": not named,
        "matters": {name: asdict(one) for name, one in saved.items()},
        "adapters": adapters,
        "audit": audit,
    }


def _print_saved(told: dict[str, Any]) -> None:
    print_table(
        ["matter", "documents", "passages", "originals"],
        [
            [name, str(one["documents"]), str(one["passages"]), str(one["originals"])]
            for name, one in told["matters"].items()
        ],
    )
    beside = (
        f", {_counted(len(told['adapters']), 'adapter')} and the audit log"
        if told["whole_home"]
        else ""
    )
    held = _counted(len(told["matters"]), "matter") + beside
    out.print(
        f"{held}: {told['bytes']:,} bytes in {told['seconds']} s, read back and checked; "
        f"SHA-256 of its manifest {told['sha256']}",
        soft_wrap=True,
    )


def _checked(archive: "Archive", wanted: list[str]) -> dict[str, Any]:
    from retrieval.restore import check_matter
    from serving import keeping

    rows = []
    for name in wanted:
        documents = [document for document, _ in check_matter(archive, name)]
        passages = sum(one.passages for one in documents)
        rows.append(
            {
                "matter_id": name,
                "outcome": "whole",
                "documents": len(documents),
                "passages": passages,
            }
        )
    return {"sha256": archive.sha256, "matters": rows, "adapters": keeping.adapters_in(archive)}


def _restore(
    library: "Library", archive: "Archive", wanted: list[str], *, whole: bool, replace: bool
) -> dict[str, Any]:
    """Restores; gives what became of what."""
    from retrieval.embed import NAME
    from retrieval.restore import restore_matter
    from serving import keeping
    from ui.progress import bar

    home = library.home
    if archive.about.get("embedder") != NAME:
        raise Refused(
            f"{archive.file}: its vectors are of another embedder than {NAME}; restore it with "
            "the Casewright that made it, and ingest its originals here"
        )
    # Before anything is recorded: in an empty home the old log is to go on, not a new one.
    kept = keeping.restore_audit(archive, home) if whole else None
    fields: dict[str, object] = {"sha256": archive.sha256, "replace": replace}
    if kept is not None:
        fields |= {"audit": kept.placed, "audit_whole": kept.whole, "audit_head": kept.head.hash}
    rows: list[dict[str, Any]] = []
    adapters: list[str] = []
    with recorded(home, "restore", **fields) as entry:
        entry["matters"] = (done := {})
        with bar("Restoring", note) as advance:
            for number, name in enumerate(wanted):
                advance(number, len(wanted), name)
                restored = restore_matter(library, archive, name, replacing=replace)
                rows.append(asdict(restored))
                done[name] = restored.outcome
            advance(len(wanted), len(wanted), "")
        if whole:
            adapters = keeping.restore_adapters(archive, home)
            entry["adapters"] = adapters
    return {
        "sha256": archive.sha256,
        "matters": rows,
        "adapters": adapters,
        "audit": None if kept is None else asdict(kept),
    }


def _told(told: dict[str, Any]) -> str:
    """What else became of a backup, in a line."""
    parts = [_counted(len(told["adapters"]), "adapter")] if told["adapters"] else []
    audit = told.get("audit")
    if audit and audit["placed"] == "live":
        parts.append("the audit log goes on from the backup's")
    elif audit and audit["placed"] == "beside":
        parts.append(f"the backup's audit log is kept in audit-restored/{audit['head']['hash']}")
    if audit and not audit["whole"]:
        parts.append("the backup's audit log was changed before it was backed up")
    parts.append(f"SHA-256 of its manifest {told['sha256']}")
    return "; ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
