"""What an adapter changes: base and adapter on the same held-out prompts, greedy.

    CASEWRIGHT_STYLE_HOME=<home> [CASEWRIGHT_STYLE_DATA=<jsonl>] [CASEWRIGHT_STYLE_ADAPTER=<name>]
    make bench-style

The home is one in which an adapter was trained; the data are examples with a held-out part, by
default the memoranda that ship. Where they are others, the shipped memoranda are asked as well:
they show what a foreign style does. ``CASEWRIGHT_STYLE_EXAMPLES`` is how many of each at most.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from serving import adapters, prompts
from serving.llamacpp import LlamaCpp
from serving.models import DEFAULT_BASE, resolve
from training.checkpoint import ensure_checkpoint
from training.examples import Example, read_examples
from training.house_profile import profile_of
from training.memoranda.vary import MEMORANDA
from training.scoring import Scorer
from training.style import Style, measure

EXAMPLES = int(os.environ.get("CASEWRIGHT_STYLE_EXAMPLES", "20"))
FOREIGN = 20
"""How many of the shipped memoranda are asked where they are a foreign style."""
THREADS = int(os.environ.get("CASEWRIGHT_THREADS", "0"))
MAX_TOKENS = 640


@pytest.mark.bench
@pytest.mark.timeout(2 * 3600)
def test_base_and_adapter_on_held_out_prompts() -> None:
    name = os.environ.get("CASEWRIGHT_STYLE_HOME")
    if name is None:
        pytest.skip("CASEWRIGHT_STYLE_HOME names no home with a trained adapter")
    home = Path(name)
    wanted = os.environ.get("CASEWRIGHT_STYLE_ADAPTER")
    adapter = adapters.find(home, wanted) if wanted else adapters.promoted(home)
    assert adapter is not None
    base = resolve(DEFAULT_BASE)
    scorer = Scorer(adapter.folder, ensure_checkpoint(base, home), THREADS)
    engine = LlamaCpp(base, [adapter], threads=THREADS)
    own = Path(os.environ.get("CASEWRIGHT_STYLE_DATA", MEMORANDA))
    house = profile_of(read_examples(own))
    for data in dict.fromkeys((own, MEMORANDA)):
        held_out = [example for example in read_examples(data) if example.split == "held-out"]
        chosen = held_out[: EXAMPLES if data == own else FOREIGN]
        print(f"\n{len(chosen)} held-out prompts of {data.name}", flush=True)
        with scorer.base():
            written = measure(engine, None, chosen, house_profile=house, max_tokens=MAX_TOKENS)
            _tell("base", written, scorer, chosen)
        written = measure(engine, adapter, chosen, house_profile=house, max_tokens=MAX_TOKENS)
        _tell(adapter.name, written, scorer, chosen)


def _tell(name: str, style: Style, scorer: Scorer, examples: Sequence[Example]) -> None:
    print(
        f"{name}: style score {style.score:.2f}; "
        f"five headings in order in {style.ordered}, {style.headings:.0%} of the headings; "
        f"{style.words / style.memoranda:.0f} words (the house's "
        f"{sum(len(one.memorandum.split()) for one in examples) / len(examples):.0f}); "
        f"{style.cited} passages cited, {style.invalid} of them not given; "
        f"{style.cited_sentences:.0%} of {style.sentences} sentences cite, {style.verified} are "
        f"verified; {style.found} of {style.facts} facts stand in the prompt; "
        f"loss {_loss(scorer, examples):.3f} nats a token",
        flush=True,
    )


def _loss(scorer: Scorer, examples: Sequence[Example]) -> float:
    """Gives the mean loss of the house's own memoranda, in nats a token."""
    lost, count = 0.0, 0
    for example in examples:
        asked = scorer.tokens(scorer.prompt(prompts.messages(example.question, example.passages)))
        target = scorer.tokens(example.memorandum)
        following = scorer.following(asked, target)
        lost -= sum(float(following[index, token]) for index, token in enumerate(target))
        count += len(target)
    return lost / count
