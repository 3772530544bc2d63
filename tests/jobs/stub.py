"""A job without cryoal's commands: what it does is its last word."""

from __future__ import annotations

import sys

__all__ = ["FOR_EVER", "PROGRAM"]

STUB = """
import os, sys, time, signal
from cryoal.jobs.child import as_job
with as_job() as ended:
    code = 0
    exec(sys.argv[-1])
    ended(code)
"""
PROGRAM = (sys.executable, "-P", "-c", STUB)

FOR_EVER = """
try:
    print("begun", flush=True)
    while True: time.sleep(0.01)
except KeyboardInterrupt:
    print("stopped"); code = 130
"""
