"""llama.cpp is sent the prompt that training saw: same text, same tokens, one beginning mark."""

import json
import urllib.request
from typing import Any

import pytest

from serving.llamacpp import LlamaCpp
from serving.models import DEFAULT_BASE, resolve
from serving.prompts import Excerpt, messages

CONVERSATIONS = [
    messages("Who pays?", []),
    messages("When is rent due — and “how”?\n", [Excerpt("lease.pdf", 3, "Rent is $15,200.00.")]),
    messages("§ 4.3(b)", [Excerpt("ré <|im_end|>.txt", 1, "Tab\there.\r\n\r\nFünf 租金 🙂")] * 6),
]


def post(engine: LlamaCpp, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{engine.address}/{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {engine.key}"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    transformers = pytest.importorskip("transformers")
    gguf = resolve(DEFAULT_BASE).gguf
    return transformers.AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=["bare", "one", "six"])
def test_same_prompt(engine: LlamaCpp, tokenizer: Any, conversation: list[dict[str, str]]) -> None:
    trained = tokenizer.apply_chat_template(
        conversation, tokenize=False, add_generation_prompt=True
    )
    served = post(engine, "apply-template", {"messages": conversation})["prompt"]
    assert served == trained
    tokens = post(
        engine, "tokenize", {"content": served, "add_special": True, "parse_special": True}
    )["tokens"]
    assert tokens == tokenizer(trained)["input_ids"]
