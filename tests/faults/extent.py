"""How much the programme tries: a little in `make test`, minutes in `.ci/run`, all of it by hand.

    make test-faults                               everything, its seed printed
    CASEWRIGHT_FAULTS=sample make test-faults      the sample of .ci/run
    SEED=1764 make test-faults                     a run again

Without ``CASEWRIGHT_FAULTS`` the same few cases are tried every time.
"""

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings

EXTENT = os.environ.get("CASEWRIGHT_FAULTS", "few")
SEED = int(os.environ.get("CASEWRIGHT_SEED", "20"))
"""Of what is drawn without Hypothesis, which takes its own from ``--hypothesis-seed``."""

_TIMES = {"few": 1, "sample": 4, "full": 60}


def tries(few: int) -> int:
    """Gives how many cases to try where ``few`` are tried by `make test`.

    Raises:
        KeyError: CASEWRIGHT_FAULTS is neither few, sample nor full.
    """
    return few * _TIMES[EXTENT]


def cases(few: int) -> settings:
    """Gives Hypothesis's settings for a property of which `make test` tries ``few`` cases.

    No case has a time of its own: on a busy machine a clock says more about the machine.
    """
    return settings(
        max_examples=tries(few),
        deadline=None if EXTENT != "few" else timedelta(seconds=60),
        derandomize=EXTENT == "few",
        database=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )
