"""Archives and e-mails -> their files: names kept, hostile members refused one by one."""

import io
import stat
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from retrieval.errors import UnreadableFile
from retrieval.reader import Reader
from retrieval.unpack import unpack


def packed(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def mail(*attached: tuple[str, bytes], inner: EmailMessage | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "prewitt@roof.example"
    message["Subject"] = "Quote for the roof"
    message.set_content("The seam is open.\n")
    for name, content in attached:
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    if inner is not None:
        message.add_attachment(inner)
    return message


def unpacked(folder: Path, name: str, raw: bytes) -> dict[str, bytes | str]:
    """Each member's name with its content, or with why it was refused."""
    file, into = folder / name, folder / "into"
    file.write_bytes(raw)
    into.mkdir()
    members = unpack(file, into)
    assert {one.file for one in members if one.file} == set(into.iterdir())
    assert len({one.name for one in members}) == len(members)
    return {one.name: one.file.read_bytes() if one.file else one.reason for one in members}


@pytest.mark.parametrize(
    ("name", "raw", "members"),
    [
        ("a.zip", packed({"x.txt": b"1", "d/y.txt": b"2"}), {"x.txt": b"1", "d/y.txt": b"2"}),
        ("none.zip", packed({}), {}),
        ("dos.zip", packed({"d\\y.txt": b"2"}), {"d/y.txt": b"2"}),
        ("litter.zip", packed({".DS_Store": b"0", "__MACOSX/x": b"0", "x": b"1"}), {"x": b"1"}),
        ("in.zip", packed({"b.zip": packed({"x.txt": b"1"})}), {"b.zip/x.txt": b"1"}),
        ("none.txt", b"Rent is due.\n", {}),
        ("none.eml", mail().as_bytes(), {}),
        (
            "twice.eml",
            mail(("a.pdf", b"1"), ("a.pdf", b"2"), ("../../b.pdf", b"3")).as_bytes(),
            {"a.pdf": b"1", "a (2).pdf": b"2", "b.pdf": b"3"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_members(tmp_path: Path, name: str, raw: bytes, members: Mapping[str, bytes]) -> None:
    assert unpacked(tmp_path, name, raw) == members


def test_an_email_in_an_archive_is_a_member_before_its_attachments(tmp_path: Path) -> None:
    inner = mail(("quote.pdf", b"%PDF"))
    outer = mail(inner=inner).as_bytes()
    members = unpacked(tmp_path, "a.zip", packed({"mail.eml": outer}))
    assert list(members) == [
        "mail.eml",
        "mail.eml/Quote for the roof.eml",
        "mail.eml/Quote for the roof.eml/quote.pdf",
    ]
    assert members["mail.eml/Quote for the roof.eml/quote.pdf"] == b"%PDF"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../etc/passwd", "leads out of the archive"),
        ("d/../../x", "leads out of the archive"),
        ("..\\x", "leads out of the archive"),
        ("/etc/passwd", "absolute path"),
        ("C:\\x.txt", "absolute path"),
        ("x\n.txt", "cannot be printed"),
    ],
)
def test_a_hostile_name_is_refused_and_the_rest_goes_on(
    tmp_path: Path, name: str, words: str
) -> None:
    members = unpacked(tmp_path, "a.zip", packed({name: b"1", "good.txt": b"2"}))
    refused, good = members.values()
    assert words in str(refused)
    assert good == b"2"


def test_links_passwords_and_damage_are_refused_one_by_one(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("locked.txt", b"secret")
        archive.writestr("damaged.txt", b"Rent is due.")
        archive.writestr("bomb.txt", b"\0" * 20_000_000, zipfile.ZIP_DEFLATED)
        archive.writestr("b.zip", b"PK no archive")
        archive.writestr("good.txt", b"1")
    raw = file.getvalue().replace(b"Rent is due.", b"Rent is dew.")
    at = raw.rindex(b"locked.txt") - 46 + 8  # flags in the central directory
    raw = raw[:at] + b"\x01" + raw[at + 1 :]
    members = unpacked(tmp_path, "a.zip", raw)
    for name, words in {
        "link.txt": "is a link",
        "locked.txt": "protected by a password",
        "damaged.txt": "is damaged",
        "bomb.txt": "200 times its size",
        "b.zip": "not a readable ZIP",
    }.items():
        assert words in str(members[name])
    assert members["good.txt"] == b"1"


def test_archives_are_unpacked_to_a_depth(tmp_path: Path) -> None:
    raw = packed({"deep.txt": b"1"})
    for name in ("4.zip", "3.zip", "2.zip"):
        raw = packed({name: raw, f"beside {name}.txt": b"1"})
    members = unpacked(tmp_path, "1.zip", raw)
    assert "within 3 other archives" in str(members["2.zip/3.zip/4.zip"])
    assert members["2.zip/3.zip/beside 4.zip.txt"] == b"1"


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("cut.zip", packed({"x.txt": b"1"})[:40], "not a readable ZIP"),
        ("many.zip", packed({str(number): b"" for number in range(20_001)}), "20,000 files"),
        ("many.eml", mail(*[("a.pdf", b"1")] * 1001).as_bytes(), "1,000 files"),
        ("no.eml", b"just text\n", "no e-mail headers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused_whole(tmp_path: Path, name: str, raw: bytes, words: str) -> None:
    file = tmp_path / name
    file.write_bytes(raw)
    with pytest.raises(UnreadableFile, match=words) as refused:
        unpack(file, tmp_path)
    assert str(refused.value).startswith(f"{file}: ")


def test_reader_unpacks_as_unpack_does(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(packed({"x.txt": b"1", "../y.txt": b"2"}))
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    told: list[tuple[int, int]] = []
    with Reader() as reader:
        members = reader.unpack(file, folders[0], member_done=lambda *done: told.append(done))
    assert [(one.name, one.reason) for one in members] == [
        (one.name, one.reason) for one in unpack(file, folders[1])
    ]
    assert members[0].file is not None and members[0].file.read_bytes() == b"1"
    assert told[0] == (1, 2), "later ones are told no more often than a person can follow"
