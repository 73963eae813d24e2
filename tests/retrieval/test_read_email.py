"""E-mails: what their reader sees, in whatever parts and encodings it was sent."""

import pytest

from retrieval.read_email import attachments, letter, parsed

HEAD = b"From: a@roof.example\r\nSubject: Quote\r\n"
ALTERNATIVE = (
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>Rent is <b>due</b>.</p>\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (HEAD + b"\r\nRent is due.\r\n", "Rent is due.\n"),
        (b"\xef\xbb\xbf" + HEAD + b"\r\nRent is due.", "Rent is due."),
        (HEAD + b"Content-Type: text/html\r\n\r\n<p>Rent is <b>due</b>.</p>", "Rent is due."),
        (HEAD + ALTERNATIVE % b"Rent is due.", "Rent is due."),
        (HEAD + ALTERNATIVE % b"  ", "Rent is due."),
        (
            HEAD + b"Content-Type: text/plain; charset=cp1252\r\n\r\n\x93Rent\x94 \x96 due",
            "“Rent” – due",
        ),
        (HEAD + b"Content-Type: text/plain; charset=none-such\r\n\r\n\x93Rent\x94", "“Rent”"),
        (HEAD + "Content-Type: text/plain\r\n\r\nLoyer dû".encode(), "Loyer dû"),
        (
            HEAD + b"Content-Transfer-Encoding: base64\r\n"
            b"Content-Type: text/plain; charset=shift_jis\r\n\r\nksCXvw==\r\n",
            "賃料",
        ),
    ],
)
def test_body(raw: bytes, body: str) -> None:
    headers, _, text = letter(parsed(raw)).partition("\n\n")
    assert headers == "From: a@roof.example\nSubject: Quote"
    assert text.strip() == body.strip()


def test_headers_are_decoded_and_those_that_break_the_parser_are_kept_as_they_are() -> None:
    raw = (
        b"From: =?utf-8?b?QsO8cm8=?= <a@roof.example>\r\nTo: b@x.example,\r\n c@x.example\r\n"
        b"Date: no date at all\r\nSubject: =?bad?x?y?= [\r\n\r\nRent"
    )
    assert letter(parsed(raw)).split("\n") == [
        "From: Büro <a@roof.example>",
        "To: b@x.example, c@x.example",
        "Date: no date at all",
        "Subject: =?bad?x?y?= [",
        "",
        "Rent",
    ]


def test_what_is_no_body_is_attached() -> None:
    raw = HEAD + (
        b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n'
        b"--m\r\nContent-Type: text/plain\r\n\r\nAbove.\r\n"
        b"--m\r\nContent-Type: image/png\r\nContent-Disposition: inline\r\n\r\nPNG\r\n"
        b"--m\r\nContent-Type: text/plain; name=note.txt\r\n\r\nA note.\r\n"
        b"--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: Re: 1/2\r\n\r\nOld.\r\n"
        b"--m\r\nContent-Type: text/plain\r\n\r\nBelow.\r\n--m--\r\n"
    )
    message = parsed(raw)
    shown = letter(message)
    assert shown.endswith("\n\nAbove.\nBelow.")
    names = ["part 1.png", "note.txt", "Re: 1-2.eml"]
    assert [line for line in shown.split("\n") if line.startswith("Attachment")] == [
        f"Attachment: {name}" for name in names
    ]
    attached = list(attachments(message))
    assert [one.name for one in attached] == names
    assert attached[1].content == b"A note."
    assert attached[2].content == b"Subject: Re: 1/2\n\nOld."
