"""Archives and e-mails in a matter: their members are documents of their own."""

import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.packaged import file_sha256
from retrieval.search import search
from retrieval.verdicts import Ingested
from tests.conftest import LEASE

DEED = "The miller keeps the sluice open from dusk.\n"


def zip_of(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def email_of(path: Path, body: str, attachments: dict[str, str]) -> Path:
    message = EmailMessage()
    message["From"], message["Subject"] = "reeve@weir.example", "The sluice"
    message.set_content(body)
    for name, text in attachments.items():
        message.add_attachment(text, filename=name)
    path.write_bytes(message.as_bytes())
    return path


def told(ingested: list[Ingested]) -> list[tuple[str, str]]:
    return [(one.path, one.verdict) for one in ingested]


def test_zip_is_a_folder_of_documents(library: Library, files: Path, home: Path) -> None:
    sent = zip_of(files / "sent.zip", {"deeds/deed.txt": DEED, "copy.txt": LEASE, "fly.bin": "x"})
    assert told(library.ingest("oven", [sent])) == [
        ("files/sent.zip/deeds/deed.txt", "indexed"),
        ("files/sent.zip/copy.txt", "duplicate"),
        ("files/sent.zip/fly.bin", "refused"),
    ]
    deed = library.document("oven", "deed.txt")
    assert deed.path == "files/sent.zip/deeds/deed.txt"
    assert library.original(deed).read_text(encoding="utf-8") == DEED
    (found,) = search(library, "oven", "Who keeps the sluice open?", 1)
    assert (found.passage.path, found.passage.text) == (deed.path, DEED)
    assert not (home / "matters" / "oven" / "unpacked").exists()


def test_refused_member_is_named_by_its_own_path(library: Library, files: Path) -> None:
    sent = zip_of(files / "sent.zip", {"broken.pdf": "%PDF-1.7 nothing", "deed.txt": DEED})
    broken, _ = library.ingest("oven", [sent])
    assert broken.reason.startswith("files/sent.zip/broken.pdf: is not a readable PDF")


def test_attachments_are_documents_beside_their_email(library: Library, files: Path) -> None:
    mail = email_of(files / "mail.eml", "The deed is attached.", {"deed.txt": DEED})
    zipped = files / "sent.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(
            email_of(files / "other.eml", "Another deed.", {"other.txt": "A tithe is due."}),
            "inner/other.eml",
        )
    (files / "other.eml").unlink()
    assert told(library.ingest("oven", [mail, zipped])) == [
        ("files/mail.eml", "indexed"),
        ("files/mail.eml/deed.txt", "indexed"),
        ("files/sent.zip/inner/other.eml", "indexed"),
        ("files/sent.zip/inner/other.eml/other.txt", "indexed"),
    ]
    (found,) = search(library, "oven", "When is a tithe due?", 1)
    assert found.passage.path == "files/sent.zip/inner/other.eml/other.txt"


def test_deletion_tells_the_email_that_still_holds_the_attachment(
    library: Library, files: Path
) -> None:
    mail = email_of(files / "mail.eml", "The deed is attached.", {"deed.txt": DEED})
    library.ingest("oven", [mail])
    email = library.document("oven", "mail.eml")
    done = library.delete_document("oven", "deed.txt")
    assert (done.still_in, done.record()["still_in"]) == (email, email.id)
    assert library.delete_document("oven", "mail.eml").still_in is None


def test_only_the_member_that_changed_is_read_again(library: Library, files: Path) -> None:
    sent = zip_of(files / "sent.zip", {"a.txt": "One.", "b.txt": "Two.", "c.txt": "Three."})
    library.ingest("oven", [sent])
    before = {one.name: one.generation for one in library.documents("oven")}
    zip_of(sent, {"a.txt": "One.", "b.txt": "Two, changed.", "c.txt": "Three."})
    assert [one.verdict for one in library.ingest("oven", [sent])] == [
        "unchanged",
        "indexed",
        "unchanged",
    ]
    after = {one.name: one.generation for one in library.documents("oven")}
    assert {name for name in after if after[name] != before[name]} == {"b.txt"}


def test_member_that_is_gone_stays_and_is_told(library: Library, files: Path) -> None:
    sent = zip_of(files / "sent.zip", {"a.txt": "One.", "b.txt": "Two."})
    library.ingest("oven", [sent])
    zip_of(sent, {"a.txt": "One."})
    kept, gone = library.ingest("oven", [files / "sent.zip", files / "note.txt"])[::2]
    assert (kept.verdict, gone.verdict) == ("unchanged", "gone")
    assert gone.reason.startswith("files/sent.zip/b.txt: its archive or e-mail no longer holds it")
    assert library.document("oven", "b.txt").passages == 1
    library.delete_document("oven", "b.txt")
    assert [one.verdict for one in library.ingest("oven", [sent])] == ["unchanged"]


def test_damaged_archive_loses_nothing(library: Library, files: Path) -> None:
    sent = zip_of(files / "sent.zip", {"a.txt": "One."})
    library.ingest("oven", [sent])
    sent.write_bytes(sent.read_bytes()[:40])
    (refused,) = library.ingest("oven", [sent])
    assert refused.verdict == "refused"
    assert "is not a readable ZIP" in refused.reason
    assert library.document("oven", "a.txt").id


@pytest.mark.parametrize("swap", [False, True])
def test_members_that_swap_their_contents_are_both_kept(
    library: Library, files: Path, swap: bool
) -> None:
    sent = zip_of(files / "sent.zip", {"a.txt": "One.", "b.txt": "Two."})
    library.ingest("oven", [sent])
    members = {"a.txt": "Two.", "b.txt": "One."}
    zip_of(sent, dict(sorted(members.items(), reverse=swap)))
    assert [one.verdict for one in library.ingest("oven", [sent])] == ["indexed", "indexed"]
    for name, text in members.items():
        document = library.document("oven", name)
        assert library.original(document).read_text(encoding="utf-8") == text
        assert file_sha256(library.original(document)) == document.id


def test_empty_archive_has_a_verdict(library: Library, files: Path) -> None:
    (refused,) = library.ingest("oven", [zip_of(files / "sent.zip", {})])
    assert refused.reason == "files/sent.zip: the archive holds no files; get a complete copy"
