"""A server that failed several times in a row is left alone for a while.

Nygard, *Release It!* (2007): closed, the breaker lets every request through; open, none; after a
pause it lets one through, whose outcome closes it or opens it again.
"""

import threading
import time
from collections.abc import Callable

from retrieval.errors import ModelUnavailable

FAILURES = 5
PAUSE_SECONDS = 30.0


class Breaker:
    """Counts the failures of one server; shared by all threads that ask it."""

    def __init__(
        self,
        what: str,
        failures: int = FAILURES,
        pause: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._most = failures
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again = 0.0

    def admit(self) -> None:
        """Lets a request through, or raises ModelUnavailable at once."""
        with self._lock:
            if self._failures < self._most:
                return
            left = self._closed_again - self._clock()
            if left > 0:
                raise ModelUnavailable(
                    f"{self._what} failed {self._failures} times in a row and is not asked for "
                    f"{left:.0f} s; the passages found are still there, check `casewright doctor`"
                )
            # This one is the trial; whoever comes meanwhile waits for what becomes of it.
            self._closed_again = self._clock() + self._pause

    def succeeded(self) -> None:
        """Closes the breaker."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Counts a failure; the last one that is allowed opens the breaker."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._closed_again = self._clock() + self._pause
