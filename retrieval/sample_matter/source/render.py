"""The small markup of the sample matter's sources, and its printers: PDF, DOCX, HTML, EML.

A source is "key: value" lines, an empty line, then blocks parted by empty lines. ``#`` and ``##``
are headings, ``^`` a centred line, ``>`` an indented paragraph, ``|`` a row of a ruled table,
``!`` a row of a bare table, ``---page---`` a page break; ``**`` is bold, and a backslash at the
end of a line keeps the line break. Every printer gives the same bytes for the same source.
"""

import datetime
import html
import io
import itertools
import re
import textwrap
import zipfile
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Inches, Pt, RGBColor
from docx.text.paragraph import Paragraph as DocxParagraph
from reportlab.lib import colors, pagesizes
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

MARKS = {"# ": "h1", "## ": "h2", "^ ": "centre", "> ": "indent", "| ": "table", "! ": "columns"}
WIDTH, HEIGHT = pagesizes.LETTER
MARGIN = 72
STAMP = datetime.datetime(2024, 6, 28, 12, 0, 0)
LINES_A_PAGE = 25
RULED = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
    ]
)
CSS = """body { font-family: Georgia, serif; margin: 2em; } table { border-collapse: collapse; }
td, th { border: 1px solid #999; padding: 4px 10px; text-align: left; vertical-align: top; }"""

HTML = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph (one row of one cell) or a table."""

    kind: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """The first cell: the whole of a heading or a paragraph."""
        return self.rows[0][0]


def split_head(source: str) -> tuple[dict[str, str], str]:
    """The "key: value" lines of a source, and what follows them."""
    head, body = source.split("\n\n", 1)
    return dict(line.split(": ", 1) for line in head.splitlines()), body


def parse_blocks(body: str) -> list[Block]:
    """The blocks of a body in order; the module tells the markup."""

    def kind(line: str) -> str:
        return "page" if line == "---page---" else MARKS.get(line[: line.find(" ") + 1], "body")

    blocks = []
    for chunk in re.split(r"\n{2,}", body.strip()):
        for name, group in itertools.groupby(chunk.splitlines(), kind):
            lines = [line if name == "body" else line.split(" ", 1)[-1] for line in group]
            if name in ("table", "columns"):
                cells = (line.removesuffix("|").split("|") for line in lines)
                rows = tuple(tuple(map(str.strip, row)) for row in cells)
                blocks.append(Block(name, rows))
            elif name == "centre":
                blocks.extend(Block(name, ((line,),)) for line in lines)
            else:
                joined = "\n".join(lines).replace("\\\n", "\0").replace("\n", " ")
                blocks.append(Block(name, ((joined.replace("\0", "\n"),),)))
    return blocks


def curl(text: str) -> str:
    """Straight quotation marks to the curly ones of a printed page; keeps the length."""
    text = re.sub(r'(^|[\s(*])"', "\\1\u201c", text).replace('"', "\u201d")
    return text.replace("'", "\u2019")


def to_markup(text: str) -> str:
    """The text with its bold and line breaks as tags, which HTML and ReportLab share."""
    escaped = html.escape(text, quote=False).replace("\n", "<br/>")
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escaped)


def embolden_head(block: Block) -> tuple[tuple[str, ...], ...]:
    """The rows of a table, the first in bold."""
    return (tuple(f"**{cell}**" if cell else "" for cell in block.rows[0]), *block.rows[1:])


def write_pdf(head: dict[str, str], blocks: list[Block], path: Path) -> None:
    """A paginated PDF on letter paper with a footer; words are never hyphenated."""
    body = ParagraphStyle(
        "body",
        fontName="Times-Roman",
        fontSize=11.5,
        leading=15.5,
        spaceAfter=9,
        allowOrphans=0,
        allowWidows=0,
    )
    bold = ParagraphStyle("bold", body, fontName="Times-Bold", keepWithNext=1)
    styles = {
        "body": body,
        "indent": ParagraphStyle("indent", body, leftIndent=28),
        "centre": ParagraphStyle("centre", body, alignment=1),
        "h1": ParagraphStyle("h1", bold, fontSize=14, leading=18, alignment=1),
        "h2": ParagraphStyle("h2", bold, fontSize=12, spaceBefore=8),
        "cell": ParagraphStyle("cell", body, fontSize=10, leading=12.5, spaceAfter=0),
    }

    def print_footer(canvas: Canvas, template: SimpleDocTemplate) -> None:
        canvas.line(MARGIN, 54, WIDTH - MARGIN, 54)
        canvas.setFont("Times-Italic", 9)
        canvas.drawString(MARGIN, 42, head["footer"])
        canvas.drawRightString(WIDTH - MARGIN, 42, f"Page {template.page}")

    def lay_table(block: Block) -> Table:
        ruled = block.kind == "table"
        rows = embolden_head(block)
        cells = [[Paragraph(to_markup(curl(c)), styles["cell"]) for c in row] for row in rows]
        longest = [max(map(len, column)) for column in zip(*block.rows, strict=True)]
        weights = [min(max(n, 16), 28) if ruled else 1 for n in longest]
        widths = [(WIDTH - 2 * MARGIN) * weight / sum(weights) for weight in weights]
        table = Table(cells, widths, repeatRows=1 if ruled else 0)
        if ruled:
            table.setStyle(RULED)
        return table

    story: list[Flowable] = []
    for block in blocks:
        if block.kind == "page":
            story.append(PageBreak())
        elif block.kind in ("table", "columns"):
            story += [lay_table(block), Spacer(1, 9)]
        else:
            story.append(Paragraph(to_markup(curl(block.text)), styles[block.kind]))
    template = SimpleDocTemplate(
        str(path),
        pagesize=(WIDTH, HEIGHT),
        title=head["title"],
        invariant=1,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
    )
    template.build(story, onFirstPage=print_footer, onLaterPages=print_footer)


def write_transcript(head: dict[str, str], body: str, path: Path) -> None:
    """A cover page, then pages of 25 numbered lines, as a court reporter prints them."""
    cover, testimony = body.split("\nBY MS. ODUYA:", 1)
    wrap = textwrap.TextWrapper(56, initial_indent="     ", break_on_hyphens=False)
    said = ["BY MS. ODUYA:", *testimony.splitlines()]
    lines = [line for paragraph in said for line in wrap.wrap(curl(paragraph))]
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle(head["title"])

    def finish_page() -> None:
        canvas.setFont("Times-Italic", 9)
        canvas.drawCentredString(WIDTH / 2, 42, head["footer"])
        canvas.showPage()

    canvas.setFont("Courier", 10.5)
    for row, line in enumerate(cover.splitlines()):
        canvas.drawString(84, HEIGHT - 110 - 22 * row, line)
    finish_page()
    for index in range(0, len(lines), LINES_A_PAGE):
        canvas.setFont("Courier", 11)
        number = int(head["first_page"]) + index // LINES_A_PAGE
        canvas.drawRightString(WIDTH - 84, HEIGHT - 60, str(number))
        canvas.line(108, 70, 108, HEIGHT - 70)
        for row in range(LINES_A_PAGE):
            height = HEIGHT - 96 - 25.5 * row
            canvas.drawRightString(100, height, str(row + 1))
            canvas.drawString(120, height, lines[index + row] if index + row < len(lines) else "")
        finish_page()
    canvas.save()


def write_docx(head: dict[str, str], blocks: list[Block], path: Path) -> None:
    """A Word document with styled headings and a footer."""
    document = docx.Document()
    for name, size in (("Normal", 11), ("Title", 16), ("Heading 1", 12)):
        style: Any = document.styles[name]
        style.font.name, style.font.size = "Times New Roman", Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.rPr.rFonts.attrib
        for key in [key for key in fonts if key.endswith("Theme")]:
            del fonts[key]  # A theme font would win over the name.
    for block in blocks:
        if block.kind in ("table", "columns"):
            table = document.add_table(len(block.rows), len(block.rows[0]))
            table.style = "Table Grid" if block.kind == "table" else "Normal Table"
            rows = embolden_head(block) if block.kind == "table" else block.rows
            for row, texts in zip(table.rows, rows, strict=True):
                for cell, text in zip(row.cells, texts, strict=True):
                    add_runs(cell.paragraphs[0], text)
            document.add_paragraph()
            continue
        named = {"h1": "Title", "h2": "Heading 1"}.get(block.kind, "Normal")
        paragraph = document.add_paragraph(style=named)
        add_runs(paragraph, block.text)
        if block.kind == "centre":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if block.kind == "indent":
            paragraph.paragraph_format.left_indent = Inches(0.4)
    document.sections[0].footer.paragraphs[0].text = head["footer"]
    core = document.core_properties
    core.title, core.author, core.last_modified_by, core.comments = head["title"], "", "", ""
    core.created = core.modified = STAMP
    packed = io.BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            # The archive's own clock would change the bytes at every build.
            entry = zipfile.ZipInfo(name, STAMP.timetuple()[:6])
            new.writestr(entry, old.read(name), zipfile.ZIP_DEFLATED)


def add_runs(paragraph: DocxParagraph, text: str) -> None:
    """Adds the text with curly quotation marks; ``**`` turns bold on and off."""
    for index, part in enumerate(curl(text).split("**")):
        paragraph.add_run(part).bold = index % 2 == 1


def to_html(head: dict[str, str], blocks: list[Block]) -> str:
    """A page of its own, without scripts or outside files."""
    tags = {"h1": "h1", "h2": "h2", "indent": "blockquote"}
    lines = []
    for block in blocks:
        if block.kind == "table":
            lines.append("<table>")
            for index, row in enumerate(block.rows):
                tag = "td" if index else "th"
                cells = "".join(f"<{tag}>{to_markup(cell)}</{tag}>" for cell in row)
                lines.append(f"<tr>{cells}</tr>")
            lines.append("</table>")
        else:
            tag = tags.get(block.kind, "p")
            lines.append(f"<{tag}>{to_markup(block.text)}</{tag}>")
    title, footer = html.escape(head.get("title", "")), html.escape(head.get("footer", ""))
    if footer:
        lines.append(f"<footer><p>{footer}</p></footer>")
    return HTML.format(title=title, css=CSS, body="\n".join(lines))


def to_eml(head: dict[str, str], body: str) -> bytes:
    """A message in plain text, and in HTML as well if the head has a line "html"."""
    message = EmailMessage(policy=SMTP)
    for key in ("message_id", "in_reply_to", "date", "from", "to", "cc", "subject"):
        if key in head:
            message[key.replace("_", "-").title().replace("-Id", "-ID")] = head[key]
    message.set_content(body.replace("\\\n", "\n").replace("**", ""))
    if "html" in head:
        message.add_alternative(to_html({}, parse_blocks(body)), subtype="html")
        message.set_boundary("=_part_kiln_yard")
    return message.as_bytes()
