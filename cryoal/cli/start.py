"""The entry point: ready to be stopped before anything is imported that takes time."""

from __future__ import annotations

import gc
import sys

from cryoal.jobs.child import as_job
from cryoal.signals import STOPPED, Stopped, stoppable

__all__ = ["main"]

OBJECTS = 10_000
"""New ones between two looks for cycles of garbage, where Python has 700 (3.11) or 2,000 (3.13).
Importing makes a hundred thousand that stay; looks at them were a twentieth of a small command."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    That is 0, or 2 after an error, said in one line; 130 after Ctrl-C, 143 after SIGTERM.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is not None:
        return _run(words, for_good=False)
    gc.set_threshold(OBJECTS)
    with as_job() as ended:
        code = _run(words, for_good=True)
        ended(code)
    gc.freeze()  # or Python looks for garbage among all that torch made before it ends: 0.5 s
    return code


def _run(words: list[str], *, for_good: bool) -> int:
    with stoppable(for_good=for_good) as watch:
        try:
            from cryoal.cli.program import run_command

            code = run_command(words)
        except (Exception, Stopped):
            if watch.code is None:
                raise
            code = watch.code
            if "--debug" in words:
                import traceback

                traceback.print_exc()
    if watch.code is not None and code:  # 0: it was over all the same, or a server
        code = watch.code
        print(f"cryoal: {STOPPED}", file=sys.stderr, flush=True)
    return code
