"""A training configuration: a TOML file, checked, with nothing unknown in it."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retrieval.errors import CasewrightError
from serving.models import DEFAULT_BASE

CONFIGS = Path(__file__).parent / "configs"
"""The configurations that ship with Casewright."""

_NOT_OFFERED = {
    "modules_to_save": "whole layers beside the low-rank weights",
    "use_dora": "DoRA's magnitudes",
    "use_rslora": "rsLoRA's other scaling",
    "trainable_token_indices": "rows of the embedding",
}
"""What PEFT has and a served adapter cannot hold: neither vLLM nor a GGUF LoRA takes it."""


class BadConfig(CasewrightError):
    """A training configuration that cannot be used."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LoraTable(_Table):
    """The low-rank adapter (Hu et al. 2021), on all linear layers."""

    rank: int = Field(16, ge=1, le=256)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)


class DataTable(_Table):
    """Which examples are trained on."""

    max_tokens: int = Field(2048, ge=256)
    max_examples: int | None = Field(None, ge=1)
    held_out_examples: int = Field(12, ge=1)


class OptimizerTable(_Table):
    """AdamW with a linear schedule."""

    learning_rate: float = Field(5e-4, gt=0, lt=1)
    warmup_share: float = Field(0.05, ge=0, lt=1)
    epochs: int = Field(1, ge=1)
    batch_examples: int = Field(1, ge=1)
    accumulate: int = Field(4, ge=1)


class RunTable(_Table):
    """What a run does on its way, and leaves beside the adapter."""

    checkpoint_steps: int = Field(25, ge=0)
    """A checkpoint to resume from every so many optimizer steps; 0: none."""
    evaluate_steps: int = Field(0, ge=0)
    """Measure the held-out loss every so many steps and stop early; 0: only after training."""
    patience: int = Field(3, ge=1)
    """Stop when so many measurements in a row were no better than the best."""
    samples: int = Field(0, ge=0)
    """Held-out prompts answered by base and adapter on one page."""
    sample_tokens: int = Field(400, ge=16)


class TrainingConfig(_Table):
    """Everything that a run of the recipe is made from, but for the data."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    base: str = DEFAULT_BASE
    quantization: Literal["nf4", "none"] = "nf4"
    seed: int = 7
    lora: LoraTable = LoraTable()
    data: DataTable = DataTable()
    optimizer: OptimizerTable = OptimizerTable()
    run: RunTable = RunTable()


def read_config(path: Path) -> TrainingConfig:
    """Gives the configuration of a TOML file, or of one that ships, by its bare name.

    Raises:
        BadConfig: no such file, no TOML, an unknown key (named with its nearest neighbour) or
            a value out of its range.
    """
    shipped = CONFIGS / path.name
    file = path if path.is_file() or not shipped.is_file() else shipped
    if not file.is_file():
        names = ", ".join(sorted(config.name for config in CONFIGS.glob("*.toml")))
        raise BadConfig(f"{path}: no such configuration; name a TOML file or one of {names}")
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        return TrainingConfig.model_validate(tables)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: not a TOML file ({error}); correct it") from None
    except ValidationError as error:
        raise BadConfig(f"{path}: {_first_fault(error)}") from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return f"{key}: {fault['msg']}; correct the value"
    *tables, last = fault["loc"]
    bare = str(last).removeprefix("use_")
    for name, what in _NOT_OFFERED.items():
        if bare == name.removeprefix("use_"):
            return (
                f"{key} is not offered: an adapter with it ({what}) is served neither by vLLM nor "
                "by llama.cpp; remove the key"
            )
    known = list(_fields(tables))
    near = difflib.get_close_matches(str(last), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
    return f"unknown key {key}; {hint}"


def _fields(tables: list[Any]) -> dict[str, Any]:
    model: type[BaseModel] = TrainingConfig
    for table in tables:
        annotation = model.model_fields[table].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
        model = annotation
    return dict(model.model_fields)
