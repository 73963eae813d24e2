"""What is chosen for which machine, as a table: no GPU is needed to read it."""

from typing import Any, Literal

import pytest

from training.hardware import Choice, Gpu, Hardware, choose

GIB = 2**30
SMALL, LARGE = Gpu("small", 24 * GIB), Gpu("large", 80 * GIB)
KERNELS = frozenset({"flash_attn", "liger_kernel"})
NF4_8B, NF4_70B = 6 * GIB, 40 * GIB


def machine(*gpus: Gpu, bfloat16: bool = True, **more: Any) -> Hardware:
    return Hardware(gpus, bfloat16, 32 * GIB, **more)


@pytest.mark.parametrize("libraries", [frozenset(), KERNELS])
@pytest.mark.parametrize(("bfloat16", "dtype"), [(True, "bfloat16"), (False, "float32")])
def test_cpu_takes_nothing_that_is_made_for_a_gpu(
    libraries: frozenset[str], bfloat16: bool, dtype: Literal["bfloat16", "float32"]
) -> None:
    assert choose(machine(bfloat16=bfloat16, libraries=libraries), NF4_8B) == Choice(
        device="cpu",
        dtype=dtype,
        optimizer="adamw_torch",
        gradient_checkpointing=False,
        attention="sdpa",
        packing=False,
        liger=False,
        device_map=None,
        processes=1,
    )


@pytest.mark.parametrize(
    ("hardware", "attention", "packing", "liger"),
    [
        (machine(SMALL), "sdpa", False, False),
        (machine(SMALL, libraries=KERNELS), "flash_attention_2", True, True),
        (machine(SMALL, libraries=frozenset({"flash_attn"})), "flash_attention_2", True, False),
        (machine(SMALL, libraries=frozenset({"liger_kernel"})), "sdpa", False, True),
        # FlashAttention computes in 16 bits only: on an older card neither it nor packing.
        (machine(SMALL, bfloat16=False, libraries=KERNELS), "sdpa", False, True),
    ],
)
def test_kernels_are_used_where_installed(
    hardware: Hardware, attention: str, packing: bool, liger: bool
) -> None:
    chosen = choose(hardware, NF4_8B)
    assert (chosen.attention, chosen.packing, chosen.liger) == (attention, packing, liger)
    assert (chosen.optimizer, chosen.gradient_checkpointing) == ("paged_adamw_8bit", True)


@pytest.mark.parametrize(
    ("hardware", "base_bytes", "device_map"),
    [
        (machine(SMALL), NF4_8B, {"": 0}),
        (machine(SMALL, SMALL), NF4_8B, {"": 0}),
        (machine(SMALL), NF4_70B, {"": 0}),  # the plan says that it does not fit
        (machine(SMALL, SMALL, SMALL), NF4_70B, "auto"),
        (machine(LARGE, LARGE), NF4_70B, {"": 0}),
        (machine(LARGE, LARGE, processes=2, process=0), NF4_70B, {"": 0}),
        (machine(LARGE, LARGE, processes=2, process=1), NF4_70B, {"": 1}),
        (machine(SMALL, SMALL, processes=2, process=1), NF4_70B, {"": 1}),
    ],
)
def test_where_the_base_model_lies(
    hardware: Hardware, base_bytes: int, device_map: dict[str, int] | str
) -> None:
    chosen = choose(hardware, base_bytes)
    assert chosen.device_map == device_map
    assert chosen.processes == hardware.processes
