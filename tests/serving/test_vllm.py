"""vLLM's command line and environment, made from what is served."""

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import CasewrightError, ModelUnavailable
from serving import vllm
from serving.adapter_files import BadAdapter
from serving.adapters import Adapter
from serving.vllm import Hardware, Served


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "base, with=a comma"
    folder.mkdir()
    (folder / "config.json").write_text('{"max_position_embeddings": 8192}', encoding="utf-8")
    return folder


def _adapter(folder: Path, name: str, **config: Any) -> Adapter:
    target = folder / name
    target.mkdir()
    text = json.dumps({"peft_type": "LORA", "r": 16, **config})
    (target / "adapter_config.json").write_text(text, encoding="utf-8")
    return Adapter(name, target, {}, promoted=False)


def _options(arguments: list[str]) -> dict[str, list[str]]:
    """What stands behind each option."""
    found: dict[str, list[str]] = {}
    for part in arguments:
        if part.startswith("--"):
            last = found.setdefault(part, [])
        else:
            last.append(part)
    return found


def test_base_alone(checkpoint: Path) -> None:
    options = _options(vllm.arguments(Served(checkpoint, ("base-0", "base")), 8000))
    assert options == {
        "--model": [str(checkpoint)],
        "--host": ["127.0.0.1"],
        "--port": ["8000"],
        "--dtype": ["bfloat16"],
        "--max-model-len": ["4096"],
        "--generation-config": ["vllm"],
        "--enable-prefix-caching": [],
        "--disable-fastapi-docs": [],
        "--served-model-name": ["base-0", "base"],
    }


def test_adapters_under_their_hashed_names(checkpoint: Path, tmp_path: Path) -> None:
    adapters = tuple(_adapter(tmp_path, f"memo-{number}", r=8) for number in range(10))
    options = _options(vllm.arguments(Served(checkpoint, ("base",), adapters), 8000))
    assert [json.loads(one) for one in options["--lora-modules"]] == [
        {"name": one.name, "path": str(one.folder)} for one in adapters
    ]
    assert options["--enable-lora"] == []
    assert options["--max-loras"] == ["8"]
    assert options["--max-cpu-loras"] == ["10"]


@pytest.mark.parametrize(
    ("ranks", "room"),
    [
        ([{"r": 8}], 8),
        ([{"r": 4}], 8),
        ([{"r": 8}, {"r": 24}], 32),
        ([{"r": 16, "rank_pattern": {"q_proj": 65}}], 128),
    ],
)
def test_room_for_the_largest_rank(ranks: list[dict[str, Any]], room: int, tmp_path: Path) -> None:
    adapters = [_adapter(tmp_path, str(number), **one) for number, one in enumerate(ranks)]
    assert vllm.largest_rank(adapters) == room


@pytest.mark.parametrize(
    ("config", "error", "told"),
    [
        ({"r": 1024}, ModelUnavailable, "its rank is 1024, vLLM serves at most 512"),
        ({"r": None}, ModelUnavailable, "it names no rank"),
        ({"use_dora": True}, BadAdapter, "DoRA is not served"),
    ],
)
def test_adapters_that_vllm_would_not_serve(
    config: dict[str, Any], error: type[CasewrightError], told: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=told):
        vllm.largest_rank([_adapter(tmp_path, "memo-0", **config)])


@pytest.mark.parametrize(("wanted", "given"), [(4096, 4096), (8192, 8192), (100_000, 8192)])
def test_context_is_the_model_s_at_most(wanted: int, given: int, checkpoint: Path) -> None:
    assert vllm.context_length(checkpoint, wanted) == given


def test_a_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"config\.json: missing"):
        vllm.context_length(tmp_path, 4096)


def test_hardware_is_passed_through(checkpoint: Path) -> None:
    hardware = Hardware("float16", "fp8", 2, 3, 4, "ray", 0.8, 64)
    options = _options(vllm.arguments(Served(checkpoint, ("base",), hardware=hardware), 8000))
    assert {name: options[name][0] for name in options if options[name]}.items() >= {
        "--dtype": "float16",
        "--quantization": "fp8",
        "--tensor-parallel-size": "2",
        "--pipeline-parallel-size": "3",
        "--data-parallel-size": "4",
        "--distributed-executor-backend": "ray",
        "--gpu-memory-utilization": "0.8",
        "--max-num-seqs": "64",
    }.items()


def test_environment_holds_the_key_and_opens_nothing() -> None:
    inherited = {
        "PATH": "/bin",
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
        "VLLM_SERVER_DEV_MODE": "1",
        "VLLM_PORT": "tcp://10.0.0.1:8000",
        "VLLM_URL": "http://elsewhere",
        "VLLM_API_KEY": "another",
        "HF_HUB_OFFLINE": "0",
        "VLLM_CPU_KVCACHE_SPACE": "7",
    }
    assert vllm.environment(inherited, "the-key") == {
        "PATH": "/bin",
        "VLLM_API_KEY": "the-key",
        "VLLM_CPU_KVCACHE_SPACE": "7",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONSAFEPATH": "1",
    }


def test_the_command_s_own_settings_are_not_vllm_s() -> None:
    from serving.settings import VllmSettings
    from serving.vllm_settings import ServeSettings

    fields = {*ServeSettings.model_fields, *VllmSettings.model_fields} - {"api_key"}
    inherited = {f"VLLM_{name.upper()}": "1" for name in fields}
    assert vllm.environment(inherited, "k") == vllm.environment({}, "k")
