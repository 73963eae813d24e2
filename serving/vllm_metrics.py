"""What vLLM says of itself: its Prometheus text -> how busy it is and how fast it writes.

The names are those of vLLM 0.32 (``vllm/v1/metrics/loggers.py``). Each has a label ``engine``: with
data parallelism there are several, which are counted together here.
"""

from collections import defaultdict
from dataclasses import dataclass

from retrieval.errors import ModelUnavailable


@dataclass(frozen=True, slots=True)
class Load:
    """How busy a vLLM server is, and what it did since it started."""

    running: int
    """Requests that are being written."""
    waiting: int
    """Requests in the queue."""
    cache_use: float
    """Share of the fullest engine's key-value cache in use, in [0, 1]."""
    cache_hits: float | None
    """Share of the prompts' tokens that the prefix cache had; None before the first prompt."""
    prompt_tokens: int
    """Read, those from the cache too."""
    written_tokens: int
    requests: int
    """Ended well, cut off by their length or stopped by their client."""
    preemptions: int
    """Requests that had to make room for others and begin again."""
    first_token_seconds: float | None
    """Mean time to a first token; None before the first."""
    tokens_per_second: float | None
    """Mean speed of one request behind its first token; None before the second."""

    def __str__(self) -> str:
        told = [
            f"{self.running} running, {self.waiting} waiting",
            f"cache {self.cache_use:.0%} full",
        ]
        if self.cache_hits is not None:
            told.append(f"{self.cache_hits:.0%} of prompts from it")
        if self.first_token_seconds is not None:
            told.append(f"first token after {self.first_token_seconds:.2f} s")
        if self.tokens_per_second is not None:
            told.append(f"{self.tokens_per_second:.0f} tokens/s a request")
        return ", ".join(told)


def load_of(text: str) -> Load:
    """Reads what ``/metrics`` of a vLLM server answers.

    Raises:
        ModelUnavailable: it is not that of a vLLM server.
    """
    values = _values(text)
    if "vllm:num_requests_running" not in values:
        raise ModelUnavailable(
            "the answer of /metrics is not a vLLM server's (no vllm:num_requests_running); "
            "correct VLLM_URL"
        )
    total = {name: sum(each) for name, each in values.items()}
    queried = total.get("vllm:prefix_cache_queries_total", 0.0)
    between = _mean(total, "vllm:inter_token_latency_seconds")
    return Load(
        running=int(total["vllm:num_requests_running"]),
        waiting=int(total.get("vllm:num_requests_waiting", 0)),
        cache_use=max(values.get("vllm:kv_cache_usage_perc", [0.0])),
        cache_hits=total.get("vllm:prefix_cache_hits_total", 0.0) / queried if queried else None,
        prompt_tokens=int(total.get("vllm:prompt_tokens_total", 0)),
        written_tokens=int(total.get("vllm:generation_tokens_total", 0)),
        requests=int(total.get("vllm:request_success_total", 0)),
        preemptions=int(total.get("vllm:num_preemptions_total", 0)),
        first_token_seconds=_mean(total, "vllm:time_to_first_token_seconds"),
        tokens_per_second=1 / between if between else None,
    )


def written_per_second(before: Load, after: Load, seconds: float) -> float:
    """Gives the tokens a second that the server wrote, for all requests, between two readings.

    0 where it started anew in between, or no time passed.
    """
    more = after.written_tokens - before.written_tokens
    return more / seconds if more > 0 and seconds > 0 else 0.0


def _values(text: str) -> dict[str, list[float]]:
    """The values of each sample that is vLLM's, whatever its labels."""
    from prometheus_client.parser import text_string_to_metric_families

    values: dict[str, list[float]] = defaultdict(list)
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.startswith("vllm:"):
                    values[sample.name].append(sample.value)
    except ValueError:
        return {}
    return values


def _mean(total: dict[str, float], histogram: str) -> float | None:
    count = total.get(f"{histogram}_count", 0.0)
    return total[f"{histogram}_sum"] / count if count else None
