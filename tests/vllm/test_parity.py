"""PEFT, llama.cpp and vLLM on the same prompts: how far their log-probabilities differ."""

import statistics
from itertools import takewhile
from pathlib import Path

import pytest

from serving import models
from serving.adapters import Adapter
from serving.llamacpp import LlamaCpp
from serving.llamacpp_completion import LlamaCppCompletions
from serving.vllm_client import Vllm
from serving.vllm_completion import VllmCompletions
from tests.vllm.figures import show
from tests.vllm.manners import LEARNED, Manner
from training.checkpoint import TrainingBase
from training.examples import read_examples
from training.memoranda.vary import MEMORANDA

TOKENS = 16


@pytest.mark.parametrize(("manner", "prompts"), [(LEARNED[0], 3), (LEARNED[1], 2)])
def test_vllm_serves_what_peft_trained(
    manner: Manner, prompts: int, engine: Vllm, trained: dict[Manner, Adapter], base: TrainingBase
) -> None:
    from training.parity import asked, compare
    from training.scoring import Scorer
    from training.thresholds import served_as_trained

    adapter = trained[manner]
    examples = [one for one in read_examples(MEMORANDA) if one.split == "held-out"][:prompts]
    llamacpp = LlamaCpp(models.resolve(models.DEFAULT_BASE), [adapter], threads=1)
    both = (VllmCompletions(engine), LlamaCppCompletions(llamacpp))
    try:
        scorer = Scorer(adapter.folder, base.folder)
        for completions in both:
            found = compare(
                completions,
                adapter,
                scorer,
                examples,
                count=prompts,
                base_count=prompts,
                tokens=TOKENS,
            )
            for what, near in (("adapter", found.adapter), ("base", found.base)):
                show(
                    f"{manner.name}, {what}, PEFT against {completions.name}: first token "
                    f"{near.first_difference:.4f} nats, all {near.difference:.4f}, greedy "
                    f"{near.greedy_agreement:.0%}, same texts {near.same_texts} of {near.prompts}"
                )
            for check in served_as_trained(found):
                assert check.passed, check.told
        gaps, shared, written = [], 0, 0
        for number in range(prompts):
            prompt = both[0].prompt_tokens(asked(examples, number))
            assert prompt == both[1].prompt_tokens(asked(examples, number))
            ours, theirs = (one.write(adapter, prompt, TOKENS, 20) for one in both)
            common = ours[0].best.keys() & theirs[0].best.keys()
            gaps += [abs(ours[0].best[token] - theirs[0].best[token]) for token in common]
            pairs = zip(ours, theirs, strict=False)
            shared += len(list(takewhile(lambda pair: pair[0].token == pair[1].token, pairs)))
            written += len(ours)
        show(
            f"{manner.name}, vLLM against llama.cpp: first token {statistics.fmean(gaps):.4f} nats,"
            f" greedy {shared / written:.0%}"
        )
    finally:
        llamacpp.close()


def test_the_gate_runs_against_vllm(
    engine: Vllm, trained: dict[Manner, Adapter], base: TrainingBase, vllm_home: Path
) -> None:
    from training.gate import Extent, prove

    few = Extent(prompts=2, base_prompts=2, memoranda=1, memo_tokens=64, probes=2)
    proof = prove(vllm_home, trained[LEARNED[0]], base, server=engine.server, extent=few)
    passed = {check.name: check.passed for check in proof.checks}
    assert proof.engine == "vLLM"
    assert passed["served as trained"] and passed["differs from base"]
    show(f"the gate against vLLM: {passed} in {proof.seconds:.0f} s")
