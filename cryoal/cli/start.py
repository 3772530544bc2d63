"""The entry point: ready to be stopped before anything is imported that takes time."""

from __future__ import annotations

import sys

from cryoal.signals import STOPPED, Stopped, stoppable

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    That is 0, or 2 after an error, said in one line; 130 after Ctrl-C, 143 after SIGTERM.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with stoppable(for_good=arguments is None):
            from cryoal.cli.program import run_command

            return run_command(words)
    except Stopped as stopped:
        if "--debug" in words:
            import traceback

            traceback.print_exc()
        print(f"cryoal: {STOPPED}", file=sys.stderr, flush=True)
        return stopped.code
