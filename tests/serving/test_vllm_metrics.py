"""Readings of vLLM's ``/metrics``, written after its 0.32.0's own names, help and labels."""

import pytest

from retrieval.errors import ModelUnavailable
from serving.vllm_metrics import Load, load_of, written_per_second

READING = """\
# HELP python_gc_objects_collected_total Objects collected during gc
# TYPE python_gc_objects_collected_total counter
python_gc_objects_collected_total{generation="0"} 24578.0
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="smollm2-135m"} 3.0
# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="smollm2-135m"} 5.0
# HELP vllm:num_requests_waiting_by_reason Number of waiting requests by reason.
# TYPE vllm:num_requests_waiting_by_reason gauge
vllm:num_requests_waiting_by_reason{engine="0",model_name="smollm2-135m",reason="capacity"} 5.0
# HELP vllm:kv_cache_usage_perc KV-cache usage. 1 means 100 percent usage.
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="smollm2-135m"} 0.25
# HELP vllm:prefix_cache_queries_total Prefix cache queries, in terms of number of queried tokens.
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="smollm2-135m"} 12000.0
# HELP vllm:prefix_cache_hits_total Prefix cache hits, in terms of number of cached tokens.
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{engine="0",model_name="smollm2-135m"} 3000.0
# HELP vllm:num_preemptions_total Cumulative number of preemption from the engine.
# TYPE vllm:num_preemptions_total counter
vllm:num_preemptions_total{engine="0",model_name="smollm2-135m"} 1.0
# HELP vllm:prompt_tokens_total Number of prefill tokens processed.
# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{engine="0",model_name="smollm2-135m"} 12000.0
# HELP vllm:generation_tokens_total Number of generation tokens processed.
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="smollm2-135m"} 5100.0
# HELP vllm:request_success_total Count of successfully processed requests.
# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="smollm2-135m"} 7.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="smollm2-135m"} 2.0
vllm:request_success_total{engine="0",finished_reason="abort",model_name="smollm2-135m"} 1.0
# HELP vllm:iteration_tokens_total Histogram of number of tokens per engine_step.
# TYPE vllm:iteration_tokens_total histogram
vllm:iteration_tokens_total_bucket{engine="0",le="1.0",model_name="smollm2-135m"} 90.0
vllm:iteration_tokens_total_bucket{engine="0",le="+Inf",model_name="smollm2-135m"} 100.0
vllm:iteration_tokens_total_count{engine="0",model_name="smollm2-135m"} 100.0
vllm:iteration_tokens_total_sum{engine="0",model_name="smollm2-135m"} 17100.0
# HELP vllm:time_to_first_token_seconds Histogram of time to first token in seconds.
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.5",model_name="smollm2-135m"} 6.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="smollm2-135m"} 10.0
vllm:time_to_first_token_seconds_count{engine="0",model_name="smollm2-135m"} 10.0
vllm:time_to_first_token_seconds_sum{engine="0",model_name="smollm2-135m"} 4.5
# HELP vllm:inter_token_latency_seconds Histogram of inter-token latency in seconds.
# TYPE vllm:inter_token_latency_seconds histogram
vllm:inter_token_latency_seconds_bucket{engine="0",le="+Inf",model_name="smollm2-135m"} 5000.0
vllm:inter_token_latency_seconds_count{engine="0",model_name="smollm2-135m"} 5000.0
vllm:inter_token_latency_seconds_sum{engine="0",model_name="smollm2-135m"} 125.0
# HELP vllm:lora_requests_info Running stats on lora requests.
# TYPE vllm:lora_requests_info gauge
vllm:lora_requests_info{max_lora="2",running_lora_adapters="memo",waiting_lora_adapters=""} 1.7e9
"""

JUST_STARTED = """\
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 0.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="m"} 0.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.0
"""


def test_a_reading() -> None:
    load = load_of(READING)
    assert load == Load(
        running=3,
        waiting=5,
        cache_use=0.25,
        cache_hits=0.25,
        prompt_tokens=12_000,
        written_tokens=5_100,
        requests=10,
        preemptions=1,
        first_token_seconds=0.45,
        tokens_per_second=40.0,
    )
    assert str(load) == (
        "3 running, 5 waiting, cache 25% full, 25% of prompts from it, "
        "first token after 0.45 s, 40 tokens/s a request"
    )


def test_several_engines_are_counted_together() -> None:
    second = READING.replace('engine="0"', 'engine="1"').replace("} 0.25\n", "} 0.75\n")
    samples = "".join(line for line in second.splitlines(True) if not line.startswith("#"))
    load = load_of(READING + samples)
    assert (load.running, load.waiting, load.written_tokens) == (6, 10, 10_200)
    assert (load.cache_use, load.cache_hits, load.tokens_per_second) == (0.75, 0.25, 40.0)


def test_a_server_that_just_started_has_no_speed() -> None:
    load = load_of(JUST_STARTED)
    assert (load.cache_hits, load.first_token_seconds, load.tokens_per_second) == (None,) * 3
    assert str(load) == "0 running, 0 waiting, cache 0% full"


@pytest.mark.parametrize(
    "text", ["", "<html>Not here</html>", '{"error": "no"}', "up 1\n", "vllm:num_requests_running{"]
)
def test_another_answer_is_told(text: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"is not a vLLM server's.*correct VLLM_URL"):
        load_of(text)


def test_speed_between_two_readings() -> None:
    before, after = load_of(READING), load_of(READING.replace("} 5100.0", "} 5400.0"))
    assert written_per_second(before, after, 2.0) == 150.0
    assert written_per_second(after, before, 2.0) == 0.0  # it started anew in between
    assert written_per_second(before, after, 0.0) == 0.0
