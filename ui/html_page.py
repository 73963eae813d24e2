"""HTML pages that need nothing beside them, for reports on what people and models wrote.

Their texts are hostile ground: every one is escaped, signs that turn or hide text are shown by
name, and the page's policy lets a browser load and run nothing.
"""

import html
import re
from collections.abc import Iterable, Sequence


def whole_page(title: str, parts: Iterable[str], style: str = "") -> str:
    """Gives the page; the title and its parts are HTML, ``style`` is added to the common one."""
    return _PAGE.format(title=title, style=_STYLE + style, body="\n".join(parts))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Gives a table of cells that are escaped here."""
    titles = "".join(f'<th scope="col">{escaped(title)}</th>' for title in head)
    cells = ("".join(f"<td>{escaped(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f'<div class="wide"><table><tr>{titles}</tr>{body}</table></div>'


def escaped(text: str) -> str:
    """Text that a browser shows as it is: escaped, with signs that turn or hide text by name."""
    named = _HIDDEN.sub(lambda match: f"[U+{ord(match.group()):04X}]", text)
    return html.escape(named, quote=True)


# Control characters, marks of direction, zero-width signs, lone surrogates, tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
_STYLE = """
:root { color-scheme: light; --ink: #1d2733; --quiet: #5b6775; --line: #dfe4ea; --blue: #1f3a5f }
body { margin: 0; background: #f5f6f8; color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Liberation Sans", sans-serif }
main { max-width: 960px; margin: 2rem auto; padding: 2rem 2.5rem 3rem; background: #fff;
  border: 1px solid var(--line); border-radius: 8px }
h1 { margin: 0 0 1rem; font-size: 1.6rem; overflow-wrap: anywhere }
h2 { margin: 2.4rem 0 .5rem; font-size: 1.15rem; color: var(--blue) }
p { margin: .3rem 0 .8rem; max-width: 46rem }
.outcome { padding: .7rem 1rem; border-left: 4px solid; max-width: none; overflow-wrap: anywhere }
.outcome.good { background: #eef7f0; border-color: #2f7d4a }
.outcome.bad { background: #fcefee; border-color: #b3352b }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(96px, 1fr)); gap: .6rem }
.tiles div { padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 6px }
.tiles b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums }
.tiles span { color: var(--quiet); font-size: .82rem; line-height: 1.2; display: block }
.wide { overflow: auto; max-height: 30rem }
.wide tr:first-child th { position: sticky; top: 0; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { font-weight: 600; white-space: nowrap }
td { min-width: 4.5rem }
.wide td:nth-child(2) { white-space: nowrap }
.summary th { width: 11rem; font-weight: 400; color: var(--quiet) }
.summary tr.bad td { color: #b3352b; font-weight: 600 }
.summary tr.warned td { color: #8a5a00; font-weight: 600 }
details { margin: .5rem 0; border: 1px solid var(--line); border-radius: 6px }
summary { padding: .5rem .9rem; cursor: pointer; overflow-wrap: anywhere }
"""
