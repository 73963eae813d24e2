"""The check of training examples as one HTML page that needs nothing beside it.

Texts of examples are hostile ground: every one is escaped, signs that turn or hide text are shown
by name, and the page's policy lets a browser load and run nothing.
"""

from collections.abc import Iterable, Sequence

from training.checks import Fault
from training.report import FAULTS, Report
from training.tokens import Lengths, Mask
from ui.html_page import escaped, table, whole_page

SHOWN = 500
"""Findings, and recurring phrases, that the page lists; --json has all of them."""
BARS = 24


def page(report: Report, name: str) -> str:
    """Gives the page on a file of examples of this name."""
    title = f"Check of {escaped(name)}"
    parts = [
        f"<h1>{title}</h1>",
        _outcome(report),
        _tiles(report),
        "<h2>What was found</h2>",
        _summary(report),
        *_findings("Faults", "They refuse the file.", report.faults),
        *_findings("Warnings", "Training goes on with them.", report.warnings),
    ]
    if report.lengths is not None:
        parts += [*_histogram(report.lengths), *_masks(report.lengths)]
    parts += [*_coverage(report), *_phrases(report)]
    return whole_page(title, parts, _STYLE)


def _outcome(report: Report) -> str:
    if report.refused:
        return f'<p class="outcome bad">Refused: {escaped(report.refused)}.</p>'
    if report.faults:
        return (
            f'<p class="outcome bad">Refused: {len(report.faults):,} faults in '
            f"{report.examples:,} examples. Correct them, or leave those examples out.</p>"
        )
    warned = f" {len(report.warnings):,} warnings: read them." if report.warnings else ""
    return f'<p class="outcome good">No fault: these examples can be trained on.{warned}</p>'


def _tiles(report: Report) -> str:
    figures = [
        (f"{report.examples:,}", "examples"),
        (f"{report.trained:,}", "to train on"),
        (f"{report.examples - report.trained:,}", "held out"),
        (f"{report.matters:,}", "matters"),
        *((f"{count:,}", verdict) for verdict, count in report.verdict_counts().items()),
    ]
    if report.lengths is not None:
        figures.append((f"{report.lengths.trained_share:.0%}", "of tokens trained on"))
    tiles = "".join(f"<div><b>{number}</b><span>{label}</span></div>" for number, label in figures)
    return f'<div class="tiles">{tiles}</div>'


def _summary(report: Report) -> str:
    rows = []
    for name, told in report.summary():
        found = report.counted().get(name, 0)
        kind = ("bad" if name in FAULTS else "warned") if found else ""
        rows.append(
            f'<tr class="{kind}"><th scope="row">{escaped(name)}</th><td>{escaped(told)}</td></tr>'
        )
    return f'<table class="summary">{"".join(rows)}</table>'


def _findings(title: str, meaning: str, findings: Sequence[Fault]) -> Iterable[str]:
    if not findings:
        return
    yield f"<h2>{title}</h2><p>{meaning}{_left_off(len(findings))}</p>"
    yield table(
        ("example", "check", "finding"),
        ((one.example, one.check, one.detail) for one in findings[:SHOWN]),
    )


def _histogram(lengths: Lengths) -> Iterable[str]:
    counts = [one.tokens for one in lengths.examples]
    longest = max(*counts, lengths.max_tokens)
    step = next(
        size
        for exponent in range(1, 8)
        for size in (10**exponent, 2 * 10**exponent, 5 * 10**exponent)
        if size * BARS >= longest
    )
    bars = [0] * (longest // step + 1)
    for count in counts:
        bars[count // step] += 1
    width, height, left, low = 880, 200, 44, 24
    across = (width - left) / len(bars)
    most = max(bars)
    limit = left + lengths.max_tokens / step * across
    drawn = [
        f'<line x1="{left}" y1="{height}" x2="{width}" y2="{height}" class="axis"/>',
        f'<text x="{left - 6}" y="14" text-anchor="end">{most:,}</text>',
        f'<text x="{left - 6}" y="{height}" text-anchor="end">0</text>',
    ]
    for index, count in enumerate(bars):
        tall = count / most * (height - 8)
        over = " over" if index * step >= lengths.max_tokens else ""
        drawn.append(
            f'<rect class="bar{over}" x="{left + index * across + 1:.1f}" '
            f'y="{height - tall:.1f}" width="{across - 2:.1f}" height="{tall:.1f}">'
            f"<title>{index * step:,} to {(index + 1) * step - 1:,} tokens: {count:,} examples"
            "</title></rect>"
        )
    every = max(1, len(bars) // 8)
    drawn += [
        f'<text x="{left + index * across:.1f}" y="{height + 18}" text-anchor="middle">'
        f"{index * step:,}</text>"
        for index in range(0, len(bars) + 1, every)
    ]
    drawn.append(f'<line class="limit" x1="{limit:.1f}" y1="-16" x2="{limit:.1f}" y2="{height}"/>')
    drawn.append(
        f'<text class="limit" x="{limit - 6:.1f}" y="-6" text-anchor="end">'
        f"limit {lengths.max_tokens:,}</text>"
    )
    yield "<h2>Lengths</h2><p>Examples by their tokens, prompt and memorandum together.</p>"
    yield (
        f'<svg viewBox="0 -20 {width + 30} {height + low + 20}" role="img" '
        f'aria-label="Histogram of lengths">{"".join(drawn)}</svg>'
    )
    cut = [one for one in lengths.examples if one.cut]
    if cut:
        yield table(
            ("example", "tokens", "what the limit would cut"),
            ((one.example, f"{one.tokens:,}", one.cut) for one in cut[:SHOWN]),
        )


def _masks(lengths: Lengths) -> Iterable[str]:
    yield (
        "<h2>What is trained on</h2><p><span class='key'>Grey</span> is the prompt, just as it is "
        "served: read, not learned. <span class='key trained'>Coloured</span> tokens are what the "
        f"model learns to write: {lengths.trained_share:.1%} of all.</p>"
    )
    by_id = {one.example: one for one in lengths.examples}
    for index, mask in enumerate(lengths.masks):
        length = by_id[mask.example]
        yield (
            f"<details{' open' if index == 0 else ''}><summary>{escaped(mask.example)}: "
            f"{length.prompt:,} tokens read, {length.trained:,} learned</summary>"
            f'<div class="mask">{_mask(mask)}</div></details>'
        )


def _mask(mask: Mask) -> str:
    tokens = []
    turn = {False: 0, True: 0}
    for text, trained in mask.tokens:
        turn[trained] += 1
        shade = ("t0", "t1")[turn[trained] % 2] if trained else "p"
        tokens.append(f'<span class="{shade}">{escaped(text)}</span>')
    return "".join(tokens)


def _coverage(report: Report) -> Iterable[str]:
    yield "<h2>Sections</h2>"
    yield table(
        ("heading", "examples with text under it", "without"),
        (
            (heading, f"{count:,}", f"{report.examples - count:,}")
            for heading, count in report.coverage.items()
        ),
    )


def _phrases(report: Report) -> Iterable[str]:
    phrases = report.boilerplate.phrases
    yield (
        "<h2>Words that recur</h2><p>Runs of eight words and more, and short lines, that stand in "
        f"the memoranda of several matters: {report.boilerplate_share():.1%} of a memorandum on "
        "average. Set phrases of the house are its style; signatures, page marks and standing "
        f"notices are not, and belong out of the examples.{_left_off(len(phrases))}</p>"
    )
    if phrases:
        yield table(
            ("matters", "words", "text"),
            ((f"{one.matters:,}", f"{one.words:,}", one.text) for one in phrases[:SHOWN]),
        )


def _left_off(count: int) -> str:
    return f" The first {SHOWN:,} of {count:,} are listed." if count > SHOWN else ""


_STYLE = """
svg { display: block; width: 100%; height: auto; font-size: 12px }
svg text { fill: var(--quiet) }
svg .axis { stroke: var(--quiet) }
svg .bar { fill: var(--blue) }
svg .over { fill: #b3352b }
svg line.limit { stroke: #b3352b; stroke-dasharray: 4 3 }
svg text.limit { fill: #b3352b }
.mask { padding: .8rem .9rem; border-top: 1px solid var(--line); white-space: pre-wrap;
  overflow-wrap: anywhere; font: 13px/1.65 ui-monospace, "Liberation Mono", monospace }
.p, .key { color: #78828e }
.t0, .key.trained { background: #cfe3fb; color: #0d2a4d }
.t1 { background: #b4d2f5; color: #0d2a4d }
.key { padding: 0 .25rem; background: #f1f3f5; border-radius: 3px }
"""
