"""An evaluation as one HTML page for a partner: what was found, how sure it is, what it costs."""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.costs import Cost
from training.effects import ADAPTER_RETRIEVED, BASE, Effect
from training.evaluate import Evaluation, Scored
from training.measures import CITING, COUNTS, DECLINING, PARTS, SCORES
from ui.html_page import escaped, table, whole_page

SHOWN = 6
"""Questions whose memoranda stand side by side at the end."""
OUTCOMES = {"confirmed": "good", "refuted": "bad", "not shown": "open"}
MEANINGS = {
    "confirmed": "Confirmed",
    "refuted": "Refuted",
    "not shown": "Not shown by these questions",
}


def evaluation_page(found: Evaluation, chart: Path | None, currency: str) -> str:
    """Gives the page; the chart is put into it where its arms allow one."""
    title = f"What training and retrieval do: {escaped(str(found.about['matter']))}"
    parts = [
        f"<h1>{title}</h1>",
        _about(found),
        *(
            f'<p class="outcome {OUTCOMES[one.outcome]}"><b>{escaped(one.expected)}.</b> '
            f"{MEANINGS[one.outcome]}: {escaped(one.told)}.</p>"
            for one in found.findings
        ),
    ]
    if chart is not None:
        drawn = base64.b64encode(chart.read_bytes()).decode("ascii")
        parts.append(
            f'<img alt="Means and effects" src="data:image/png;base64,{drawn}">'
            "<p>Lines that lie apart: the adapter. Lines that rise: retrieval. Lines that are not "
            "parallel: the one does more with the other. Bars are 95&nbsp;% intervals.</p>"
        )
    parts += [
        "<h2>Every arm</h2>",
        _meaning(),
        _arms(found, (*SCORES, "gold facts found", "unsupported facts")),
        "<h3>The parts of the style</h3>",
        _arms(found, PARTS["style score"]),
        "<h3>Citing and declining</h3>",
        _arms(found, CITING[:-1]),
        _arms(found, (CITING[-1], *DECLINING)),
        _likelihood(found),
        "<h2>Effects</h2><p>Differences within each question, with 95&nbsp;% intervals by "
        "bootstrap over the questions. In bold what is not explained by chance.</p>",
        _effects(found),
        "<h2>Costs</h2>",
        _costs(found.costs, currency),
        *_side_by_side(found),
    ]
    return whole_page(title, parts, _STYLE)


def told(one: Effect | None, *, sign: bool = False) -> str:
    """Gives a mean with its interval, as ``0.42 (0.38 to 0.46)``; a dash where there is none."""
    if one is None:
        return "–"
    form = "+.2f" if sign else ".2f"
    return f"{one.mean:{form}} ({one.low:{form}} to {one.high:{form}})"


def costs_told(one: Cost, currency: str) -> tuple[str, ...]:
    """Gives the cells of a line of the costs."""
    return (
        one.what,
        f"{one.seconds:,.1f}",
        "–" if one.prompt_tokens is None else f"{one.prompt_tokens:,.0f}",
        "–" if one.tokens is None else f"{one.tokens:,.0f}",
        "–" if one.peak_bytes is None else f"{one.peak_bytes / 2**20:,.0f} MiB",
        "–" if one.money is None else f"{one.money:.5f} {currency}",
    )


def _about(found: Evaluation) -> str:
    about = found.about
    made = f", {about['made']} of them made by rules from the file" if about["made"] else ""
    held = "held to the house's headings by a grammar" if about["bound"] else "written freely"
    return (
        f"<p>{about['questions']} questions{made}; the file answers {about['answerable']} of them. "
        f"Base model {escaped(about['base'])}, adapter {escaped(about['adapter'])}, "
        f"{about['k']} passages retrieved, at most {about['max_tokens']} tokens a memorandum, "
        f"{held}, always the likeliest token. Style is measured against "
        f"{about['house_memoranda']} memoranda of the house. Before any model is asked, "
        f"Casewright's own rule would decline {about['weak_unanswerable']} of the "
        f"{about['questions'] - about['answerable']} questions without an answer, and "
        f"{about['weak']} of the others; here the models were asked all the same.</p>"
    )


def _meaning() -> str:
    return (
        "<p>The <b>style score</b> is the mean of its four parts and never sees a fact: names, "
        "dates, amounts and numbers are taken out first. The <b>fact score</b> never sees a "
        "heading: where the file answers, it is the harmonic mean of the right facts found and "
        "of the share of stated facts that the file supports; where the file does not, it is 0 "
        "unless the memorandum says so. <b>Retrieved</b> passages are those that a search finds, "
        "<b>gold</b> those that hold the answer: no search does better.</p>"
    )


def _arms(found: Evaluation, measures: Sequence[str]) -> str:
    rows = [
        (arm, *(told(row.get(measure)) for measure in measures)) for arm, row in found.table.items()
    ]
    titles = [f"{one}, a memorandum" if one in COUNTS else one for one in measures]
    return table(("model, passages, prompt", *titles), rows)


def _likelihood(found: Evaluation) -> str:
    held_out = found.about["held_out"]
    if "before" not in held_out:
        return ""
    return (
        f"<p>Log-likelihood of the house's own held-out memoranda ({held_out['examples']} of "
        f"them, measured by the training): base {-held_out['before']:.3f}, adapter "
        f"{-held_out['after']:.3f} nats a token; nearer to zero is likelier.</p>"
    )


def _effects(found: Evaluation) -> str:
    rows = "".join(
        f'<tr class="{"certain" if row.effect.certain else ""}"><td>{escaped(row.what)}</td>'
        f"<td>{escaped(row.measure)}</td><td>{told(row.effect, sign=True)}</td>"
        f"<td>{row.effect.questions}</td></tr>"
        for row in found.effects
    )
    return (
        '<div class="wide"><table><tr><th>of what</th><th>on what</th><th>effect</th>'
        f"<th>questions</th></tr>{rows}</table></div>"
    )


def _costs(costs: Sequence[Cost], currency: str) -> str:
    head = ("what", "seconds", "tokens read", "tokens written", "most memory", "money")
    return (
        "<p>Each arm's line is one question, on average; memory is this process's, and says "
        "nothing where a server answers.</p>"
    ) + table(head, [costs_told(one, currency) for one in costs])


def _side_by_side(found: Evaluation) -> Iterable[str]:
    """The memoranda of the base without passages and of the adapter with those retrieved."""
    by_place = {(one.written.arm, one.written.question): one for one in found.scored}
    ends = (BASE.name, ADAPTER_RETRIEVED.name)
    shown = [
        question
        for question in found.questions
        if all((arm, question.id) in by_place for arm in ends)
    ][:SHOWN]
    if shown:
        yield "<h2>Side by side</h2><p>Word for word as the models wrote it, nothing checked.</p>"
    for question in shown:
        columns = "".join(_memorandum(arm, by_place[arm, question.id]) for arm in ends)
        facts = "; ".join(question.facts) if question.answerable else "the file does not answer"
        yield (
            f"<details><summary>{escaped(question.question)}</summary>"
            f'<p class="gold">Right answer: {escaped(facts)}</p>'
            f'<div class="sides">{columns}</div></details>'
        )


def _memorandum(arm: str, one: Scored) -> str:
    return (
        f"<div><b>{escaped(arm)}</b> style {one.style.score:.2f}, facts {one.facts.score:.2f}"
        f"<pre>{escaped(one.written.text)}</pre></div>"
    )


_STYLE = """
img { display: block; width: 100%; height: auto }
.outcome.open { background: #fdf6e5; border-color: #8a5a00 }
tr.certain td { font-weight: 600 }
td { font-variant-numeric: tabular-nums; font-size: .85rem; white-space: nowrap }
.wide { max-height: none; margin-bottom: 1rem }
h3 { margin: 1.4rem 0 .3rem; font-size: 1rem }
.gold { padding: 0 .9rem }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; padding: 0 .9rem .9rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace,
  "Liberation Mono", monospace; max-height: 24rem; overflow: auto; margin: .4rem 0 }
"""
