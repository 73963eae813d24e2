"""How ``casewright serve`` runs vLLM, from the environment (``VLLM_*``)."""

from typing import Literal

from pydantic import Field, FilePath, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from serving.vllm import Hardware


class ServeSettings(BaseSettings):
    """How ``casewright serve`` runs vLLM; most are vLLM's own options under their names there."""

    model_config = SettingsConfigDict(
        env_prefix="VLLM_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    python: FilePath | None = Field(
        default=None, description="The Python that has vLLM; unset, this one or the command vllm."
    )
    api_key: SecretStr | None = Field(
        default=None, min_length=16, description="The server's API key; unset, the home's own."
    )
    adapters: Literal["lora", "merged"] | None = Field(
        default=None,
        description="lora: beside the base; merged: one, without it. Unset, as is quicker here.",
    )
    dtype: Literal["bfloat16", "float16", "float32"] | None = Field(
        default=None, description="Unset: bfloat16, or float16 on a GPU that lacks it."
    )
    quantization: str | None = Field(
        default=None, pattern=r"^[a-z0-9_-]+$", description="vLLM's --quantization, as fp8."
    )
    tensor_parallel_size: int = Field(default=1, ge=1, description="GPUs that share each layer.")
    pipeline_parallel_size: int = Field(
        default=1, ge=1, description="Groups of GPUs with the layers one behind the other."
    )
    data_parallel_size: int = Field(default=1, ge=1, description="Copies of the model.")
    distributed_executor_backend: Literal["mp", "ray"] | None = Field(
        default=None, description="mp on one host, ray on several; unset, vLLM's choice."
    )
    gpu_memory_utilization: float | None = Field(
        default=None, gt=0, le=1, description="Share of a GPU's memory that may be taken."
    )
    max_num_seqs: int | None = Field(
        default=None, ge=1, description="Requests that are computed together, at most."
    )

    def hardware(self, dtype: str) -> Hardware:
        """Gives how vLLM computes; ``dtype`` is taken where none is set."""
        return Hardware(
            dtype=self.dtype or dtype,
            quantization=self.quantization,
            tensor_parallel=self.tensor_parallel_size,
            pipeline_parallel=self.pipeline_parallel_size,
            data_parallel=self.data_parallel_size,
            executor=self.distributed_executor_backend,
            gpu_memory=self.gpu_memory_utilization,
            sequences=self.max_num_seqs,
        )
