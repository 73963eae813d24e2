"""The most memory that this process holds while something runs (Linux; proc(5), ``clear_refs``)."""

from pathlib import Path

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def reset() -> None:
    """Begins anew to measure; nothing happens where the system has no such measure."""
    try:
        _CLEAR.write_text("5", encoding="ascii")
    except OSError:  # not Linux, or not ours to reset: the peak then is that of the whole run
        return


def peak_bytes() -> int | None:
    """Gives the most memory held since ``reset``; None where the system does not tell."""
    try:
        status = _STATUS.read_text(encoding="ascii")
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
