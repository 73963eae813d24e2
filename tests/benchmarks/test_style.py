"""What an adapter changes: base and adapter on the same held-out prompts, greedy.

    CASEWRIGHT_STYLE_HOME=<home> [CASEWRIGHT_STYLE_DATA=<jsonl>] [CASEWRIGHT_STYLE_ADAPTER=<name>]
    python -m pytest -m bench -s tests/benchmarks/test_style.py

Prints, for each: memoranda with the five headings in order, citations, citations of passages that
were not given, sentences verified. The home is one in which an adapter was trained.
"""

import os
from pathlib import Path

import pytest

from serving import adapters, citations, memo, prompts
from serving.engine import LlamaCpp
from serving.models import DEFAULT_BASE, resolve
from training.examples import Example, read_examples
from training.memoranda.vary import MEMORANDA

EXAMPLES = int(os.environ.get("CASEWRIGHT_STYLE_EXAMPLES", "20"))


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_base_and_adapter_on_held_out_prompts() -> None:
    home = os.environ.get("CASEWRIGHT_STYLE_HOME")
    if home is None:
        pytest.skip("CASEWRIGHT_STYLE_HOME names no home with a trained adapter")
    name = os.environ.get("CASEWRIGHT_STYLE_ADAPTER")
    adapter = adapters.find(Path(home), name) if name else adapters.promoted(Path(home))
    assert adapter is not None
    data = Path(os.environ.get("CASEWRIGHT_STYLE_DATA", MEMORANDA))
    held_out = [example for example in read_examples(data) if example.split == "held-out"]
    chosen = held_out[:EXAMPLES]
    engine = LlamaCpp(resolve(DEFAULT_BASE), [adapter])
    for known in (adapter, None):
        print(f"\n{known.name if known else 'base'}, {len(chosen)} prompts of {data.name}")
        _tell(engine, known, chosen)


def _tell(engine: LlamaCpp, adapter: adapters.Adapter | None, examples: list[Example]) -> None:
    model = engine.chat_model(adapter, max_tokens=640)
    ordered = headings = cited = invalid = verified = sentences = 0
    for example in examples:
        text = str(model.invoke(prompts.messages(example.question, example.passages)).content)
        ordered += memo.headings_in_order(text)
        headings += memo.headings_written(text)
        numbers = citations.citations(text)
        cited += len(numbers)
        invalid += sum(not 1 <= number <= len(example.passages) for number in numbers)
        shown = [f"{one.document}, p. {one.page}\n{one.text}" for one in example.passages]
        checked = citations.check(text, shown)
        sentences += len(checked)
        verified += sum(sentence.verdict == "verified" for sentence in checked)
        print(
            f"  {example.id}: {memo.headings_written(text)} headings, cites {numbers}", flush=True
        )
    print(f"  all five headings in order: {ordered} of {len(examples)} (headings {headings})")
    print(f"  passages cited: {cited}, not given: {invalid}")
    print(f"  sentences verified: {verified} of {sentences}")
