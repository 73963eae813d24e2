"""Real footnotes in a Word document, which python-docx cannot write.

A footnote is a ``w:footnote`` in the part ``/word/footnotes.xml`` and a ``w:footnoteReference`` in
the text; the part also holds the separator lines above the notes, which the settings name
(ECMA-376, part 1, 17.11).
"""

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

_SEPARATORS = {"-1": "separator", "0": "continuationSeparator"}
# What stands behind w:footnotePr in w:settings, whose children have a fixed order.
_BEHIND = (
    "endnotePr compat docVars rsids mathPr attachedSchema themeFontLang clrSchemeMapping "
    "doNotIncludeSubdocsInStats doNotAutoCompressPictures forceUpgrade captions "
    "readModeInkLockDown smartTagType schemaLibrary shapeDefaults doNotEmbedSmartTags "
    "decimalSymbol listSeparator"
).split()


class Footnotes:
    """The footnotes of one document; a footnotes part that it had is replaced."""

    def __init__(self, document: Any) -> None:
        self._root = parse_xml(f"<w:footnotes {nsdecls('w')}/>")
        for number, kind in _SEPARATORS.items():
            self._root.append(_separator(number, kind))
        main = document.part
        for key, relation in list(main.rels.items()):
            if relation.reltype == RELATIONSHIP_TYPE.FOOTNOTES:
                del main.rels[key]
        part = XmlPart(
            PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, self._root, main.package
        )
        main.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
        _name_separators(document.settings.element)
        styles = document.styles
        self._text_style = _style(styles, "footnote text", WD_STYLE_TYPE.PARAGRAPH)
        self._mark_style = _style(styles, "footnote reference", WD_STYLE_TYPE.CHARACTER)
        self._count = 0

    def add(self, paragraph: Any, text: str) -> int:
        """Puts a footnote's mark at the end of a paragraph; gives the footnote's number."""
        self._count += 1
        number = str(self._count)
        mark = self._mark("w:footnoteReference")
        mark[-1].set(qn("w:id"), number)
        paragraph._p.append(mark)
        note = OxmlElement("w:footnote", attrs={qn("w:id"): number})
        block = OxmlElement("w:p")
        block.get_or_add_pPr().style = self._text_style
        block.append(self._mark("w:footnoteRef"))
        words = block.add_r()
        words.text = f" {text}"
        note.append(block)
        self._root.append(note)
        return self._count

    def _mark(self, tag: str) -> Any:
        """A run with the number that Word counts: in the text, or before the note."""
        run = OxmlElement("w:r")
        run.style = self._mark_style
        run.append(OxmlElement(tag))
        return run


def _separator(number: str, kind: str) -> Any:
    """The line between the text and its notes, or its continuation on a next page."""
    return parse_xml(
        f'<w:footnote {nsdecls("w")} w:type="{kind}" w:id="{number}"><w:p><w:pPr>'
        f'<w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr><w:r><w:{kind}/></w:r>'
        "</w:p></w:footnote>"
    )


def _name_separators(settings: Any) -> None:
    """Makes the settings name the separators, in their place."""
    for old in settings.findall(qn("w:footnotePr")):
        settings.remove(old)
    named = OxmlElement("w:footnotePr")
    for number in _SEPARATORS:
        named.append(OxmlElement("w:footnote", attrs={qn("w:id"): number}))
    behind = {qn(f"w:{name}") for name in _BEHIND} | {qn("m:mathPr")}
    after = next((child for child in settings if child.tag in behind), None)
    if after is None:
        settings.append(named)
    else:
        after.addprevious(named)


def _style(styles: Any, name: str, kind: Any) -> str:
    """The id of the house's style of this name, made where it has none."""
    found = next((one for one in styles if one.name == name and one.type == kind), None)
    if found is None:
        found = styles.add_style(name, kind, builtin=True)
        if kind == WD_STYLE_TYPE.PARAGRAPH:
            found.base_style = styles.default(kind)
            found.font.size = Pt(9)
            found.paragraph_format.space_after = Pt(2)
            found.paragraph_format.line_spacing = 1.0
        else:
            found.font.superscript = True
    return str(found.style_id)
