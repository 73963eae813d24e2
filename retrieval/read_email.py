"""An e-mail (RFC 5322, MIME) -> what its reader sees, and what is attached to it."""

import codecs
import email
import email.policy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

from retrieval.errors import UnreadableFile
from retrieval.hidden import Seen
from retrieval.read_plain import decoded, html_text

ATTACHMENTS_LIMIT = 1_000
"""Files that one e-mail may hold."""

_SHOWN = ("From", "To", "Cc", "Bcc", "Date", "Subject")
# What the standard library raises on headers that its grammar does not foresee.
_HEADER_FAULTS = (AttributeError, IndexError, LookupError, TypeError, ValueError)
_SUFFIXES = {"image/jpeg": ".jpg", "image/tiff": ".tif", "text/plain": ".txt"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file attached to an e-mail, by the name that the sender gave it."""

    name: str
    content: bytes


def parsed(raw: bytes) -> EmailMessage:
    """Gives the message. Raises UnreadableFile: the bytes are none."""
    raw = raw.removeprefix(codecs.BOM_UTF8).lstrip()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    if not any(_header(message, name) for name in _SHOWN):
        raise UnreadableFile("has no e-mail headers; save the message again as .eml")
    return message


def letter(message: EmailMessage) -> Seen:
    """Gives the headers that people read, the attachments' names and what is seen of the body.

    Raises:
        UnreadableFile: it has too many attachments.
    """
    lines = [f"{name}: {_header(message, name)}" for name in _SHOWN if _header(message, name)]
    attached = list(itertools.islice(_attached(message), ATTACHMENTS_LIMIT + 1))
    if len(attached) > ATTACHMENTS_LIMIT:
        raise UnreadableFile(f"has more than {ATTACHMENTS_LIMIT:,} attachments; refused")
    lines += [f"Attachment: {_name(part, number)}" for number, part in attached]
    bodies = [_content(part) for part in _bodies(message)]
    text = "\n".join([*lines, "", *bodies])
    return Seen(text, sum(body.hidden for body in bodies))


def attachments(message: EmailMessage) -> Iterator[Attachment]:
    """Gives what is attached; an e-mail attached to this one comes as a file ``.eml``."""
    for number, part in _attached(message):
        if part.get_content_type() == "message/rfc822":
            content = b"".join(inner.as_bytes() for inner in _parts(part))
        else:
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
        yield Attachment(_name(part, number), content)


def _bodies(part: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that are shown as the message: of alternatives the plain one, unless empty."""
    if part.get_content_type() == "multipart/alternative":
        choices = [list(_bodies(choice)) for choice in _parts(part)]
        filled = [choice for choice in choices if any(_content(one).strip() for one in choice)]
        plain = [
            choice
            for choice in filled
            if all(one.get_content_type() == "text/plain" for one in choice)
        ]
        yield from (plain or filled or [[]])[0]
    elif part.is_multipart() and part.get_content_maintype() == "multipart":
        for inner in _parts(part):
            yield from _bodies(inner)
    elif _is_body(part):
        yield part


def _attached(message: EmailMessage) -> Iterator[tuple[int, EmailMessage]]:
    """The parts that are not shown as the message, numbered from 1."""
    leaves = _leaves(message)
    return enumerate((part for part in leaves if not _is_body(part)), start=1)


def _leaves(part: EmailMessage) -> Iterator[EmailMessage]:
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        for inner in _parts(part):
            yield from _leaves(inner)
    else:
        yield part


def _parts(part: EmailMessage) -> list[EmailMessage]:
    """What a part consists of; nothing where a damaged one has bare text instead."""
    inner = part.get_payload()
    parts = inner if isinstance(inner, list) else []
    return [one for one in parts if isinstance(one, EmailMessage)]


def _is_body(part: EmailMessage) -> bool:
    return (
        part.get_content_type() in ("text/plain", "text/html")
        and part.get_content_disposition() != "attachment"
        and not part.get_filename()
    )


def _content(part: EmailMessage) -> Seen:
    """What is seen of a part, by the character set that it names where there is one such."""
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    body = Seen(decoded(raw, part.get_content_charset()))
    if part.get_content_type() == "text/html":
        body = html_text(body)
    return Seen(body.replace("\r\n", "\n").replace("\r", "\n"), body.hidden)


def _header(message: EmailMessage, name: str) -> str:
    """A header on one line; several of one name (as damaged mail has) joined."""
    try:
        values = [str(value) for value in message.get_all(name, [])]
    except _HEADER_FAULTS:
        values = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return " ".join(" ".join(values).split())


def _name(part: EmailMessage, number: int) -> str:
    name = part.get_filename()
    if name:
        return " ".join(name.split())
    if part.get_content_type() == "message/rfc822":
        subject = " ".join(_header(inner, "Subject") for inner in _parts(part))
        return f"{subject.replace('/', '-') or f'message {number}'}.eml"
    kind = part.get_content_type()
    suffix = _SUFFIXES.get(kind) or "." + kind.split("/")[1].removeprefix("x-")
    return f"part {number}{suffix}"
