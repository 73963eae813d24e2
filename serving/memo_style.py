"""How a memorandum looks in Word: the house's template, or a plain look of our own.

Of a template its styles, page, headers and footers are used; what stands in its body is left out.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_UNDERLINE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor

from retrieval.errors import CasewrightError

_FONT = "Times New Roman"
_INK = RGBColor(0x1F, 0x3A, 0x5F)


class BadTemplate(CasewrightError):
    """A house's template that cannot be used."""


def new_document(template: Path | None, title: str = "Memorandum") -> Any:
    """Gives an empty document in the look of the template, or in our own.

    Raises:
        BadTemplate: the template is missing or no Word document.
    """
    if template is None:
        document = docx.Document()
        _dress(document)
    else:
        document = _opened(template)
        body = document.element.body
        for child in list(body):
            if child.tag != qn("w:sectPr"):
                body.remove(child)
    now = datetime.now(UTC).replace(tzinfo=None)
    about = document.core_properties
    about.title, about.author, about.comments = title, "Casewright", ""
    about.last_modified_by, about.created, about.modified = "Casewright", now, now
    return document


class Look:
    """The names of the styles that a memorandum uses; those that a template lacks are made."""

    def __init__(self, document: Any) -> None:
        styles = document.styles
        paragraph, character = WD_STYLE_TYPE.PARAGRAPH, WD_STYLE_TYPE.CHARACTER
        self.title = _found(styles, "Title", paragraph)
        self.heading = _found(styles, "Heading 1", paragraph)
        self.body = _body(styles)
        self.question = _found(styles, "Memorandum Question", paragraph, italic=True)
        self.standing = _found(styles, "Memorandum Standing", paragraph, bold=True)
        self.cell = _found(styles, "Memorandum Cell", paragraph, size=Pt(9))
        self.cell.paragraph_format.space_before = self.cell.paragraph_format.space_after = Pt(2)
        # Underlined and bold, not coloured: a doubt is to be seen in black and white.
        dotted = WD_UNDERLINE.DOTTED
        self.doubtful = _found(styles, "Unverified", character, underline=dotted)
        self.warning = _found(styles, "Unverified Mark", character, bold=True, size=Pt(9))
        self.table = _found(styles, "Table Grid", WD_STYLE_TYPE.TABLE)


def _found(styles: Any, name: str, kind: Any, **font: Any) -> Any:
    """The house's style of this name, or one made on its default with this font."""
    for style in styles:
        if style.name == name and style.type == kind:
            return style
    made = styles.add_style(name, kind)
    if kind == WD_STYLE_TYPE.PARAGRAPH:
        made.base_style = styles.default(kind)
    for attribute, value in font.items():
        setattr(made.font, attribute, value)
    return made


def _body(styles: Any) -> Any:
    """The house's body text, or its default where it has none of that name."""
    kind = WD_STYLE_TYPE.PARAGRAPH
    named = [style for style in styles if style.name == "Body Text" and style.type == kind]
    return named[0] if named else styles.default(kind)


def _opened(template: Path) -> Any:
    try:
        return docx.Document(str(template))
    # What python-docx raises depends on where the file is broken.
    except Exception as error:
        raise BadTemplate(
            f"{template}: is not a Word document that can be used as a template "
            f"({type(error).__name__}); name a .docx file"
        ) from None


def _dress(document: Any) -> None:
    """Our own look: a serif of any machine, quiet headings, page numbers."""
    section = document.sections[0]
    section.left_margin = section.right_margin = Inches(1.0)
    section.top_margin = section.bottom_margin = Inches(1.0)
    styles = document.styles
    for name, size in (("Normal", 11.5), ("Body Text", 11.5), ("Title", 22), ("Heading 1", 13)):
        style = styles[name]
        _set_font(style)
        style.font.size = Pt(size)
    for name in ("Title", "Heading 1"):
        styles[name].font.color.rgb = _INK
    text = styles["Body Text"].paragraph_format
    text.space_after, text.line_spacing = Pt(7), 1.15
    heading = styles["Heading 1"].paragraph_format
    heading.space_before, heading.space_after = Pt(14), Pt(4)
    for name in ("Header", "Footer"):
        _set_font(styles[name])
        styles[name].font.size = Pt(9)
    header = section.header.paragraphs[0]
    header.add_run("Privileged and confidential")
    header.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _add_page_number(footer)


def _set_font(style: Any) -> None:
    """The font for every script, in place of the theme's."""
    style.font.name = _FONT
    fonts = style.element.rPr.rFonts
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), _FONT)


def _add_page_number(paragraph: Any) -> None:
    """The one field of the file: the number of the page."""
    run = paragraph.add_run()
    for tag, attributes, text in (
        ("w:fldChar", {"w:fldCharType": "begin"}, ""),
        ("w:instrText", {}, "PAGE"),
        ("w:fldChar", {"w:fldCharType": "end"}, ""),
    ):
        element = OxmlElement(tag, attrs={qn(key): value for key, value in attributes.items()})
        element.text = text or None
        run._r.append(element)
