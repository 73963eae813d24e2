"""Completions by vLLM as the gate asks for them; `tests/vllm` has the real one."""

import pytest

from retrieval.errors import ModelUnavailable
from serving.models import DEFAULT_BASE, identify
from serving.vllm_address import VllmAddress
from serving.vllm_client import Vllm
from serving.vllm_completion import VllmCompletions
from tests.serving.vllm_standin import MODELS, Act, fails, sends, standing_in


def _json(content: object) -> Act:
    return lambda one: one.json(content)


def _completions(url: str) -> VllmCompletions:
    address = VllmAddress(url, "the-key", first_token=20)
    return VllmCompletions(Vllm(address, identify(DEFAULT_BASE)))


def test_tokens_of_a_prompt() -> None:
    with standing_in(_json({"prompt_token_ids": [1, 2, 3]})) as server:
        found = _completions(server.url).prompt_tokens([{"role": "user", "content": "Who?"}])
    assert found == [1, 2, 3]
    (asked,) = server.asked
    assert asked["authorization"] == "Bearer the-key"
    assert asked["messages"] == [{"role": "user", "content": "Who?"}]
    assert asked["chat_template_kwargs"] == {"date_string": "26 Jul 2024"}


def test_tokens_written_with_the_best_ones_there() -> None:
    places = [{"token_id:7": -0.1, "token_id:8": -2.5}, {"token_id:9": -0.2}]
    choice = {"token_ids": [7, 9], "logprobs": {"top_logprobs": places}}
    with standing_in(_json({"choices": [choice]})) as server:
        completions = _completions(server.url)
        written = completions.write(None, [1, 2, 3], 2, 20)
        completions.write(None, [1, 2, 3], 2, 20)
    assert [(one.token, dict(one.best)) for one in written] == [
        (7, {7: -0.1, 8: -2.5}),
        (9, {9: -0.2}),
    ]
    first, second = server.asked
    assert (first["model"], first["prompt"], first["max_tokens"]) == (MODELS[0], [1, 2, 3], 2)
    assert first["cache_salt"] != second["cache_salt"]


@pytest.mark.parametrize(
    ("act", "told"),
    [(fails(500), "(500)"), (fails(401), "(401)"), (sends(b"no json"), "Error)")],
)
def test_a_server_that_fails_is_one_line(act: Act, told: str) -> None:
    with standing_in(act) as server, pytest.raises(ModelUnavailable) as error:
        _completions(server.url).write(None, [1], 2, 20)
    assert told in str(error.value) and "\n" not in str(error.value)
