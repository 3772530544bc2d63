"""Processes by more than their number, which the next one may have."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

__all__ = ["began_at", "interrupt"]


def began_at(process: int) -> int | None:
    """When a process began, in ticks since the machine did; None where that cannot be told."""
    try:
        said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return int(said.rpartition(")")[2].split()[19])  # a name may have brackets in it
    except (OSError, ValueError, IndexError):
        return None


def interrupt(process: int, ticks: int | None) -> bool:
    """Send Ctrl-C to the process that began at `ticks`; whether it was there to take it."""
    if process <= 1:  # 0 and below are groups
        return False
    try:
        descriptor = _pidfd(process)
        if descriptor is None:
            if began_at(process) != ticks:
                return False
            os.kill(process, signal.SIGINT)
            return True
    except (ProcessLookupError, PermissionError):
        return False
    try:
        if began_at(process) != ticks:
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGINT)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(descriptor)
    return True


def _pidfd(process: int) -> int | None:
    """A descriptor of the process; None where the system has none."""
    if not hasattr(os, "pidfd_open"):  # macOS, where nothing tells when a process began either
        return None
    try:
        return os.pidfd_open(process)
    except OSError as error:
        if error.errno == errno.ENOSYS:  # Linux before 5.3
            return None
        raise
