"""What a person sees: lines and progress bars on stderr, results on stdout."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sized
from typing import TYPE_CHECKING, TypeVar

from cryoal.jobs.child import LINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryoal.records import Json

__all__ = ["Terminal", "print_json"]

T = TypeVar("T")

PATIENCE = 1.0  # seconds of work before a bar appears: nothing flashes by


def print_json(value: Json) -> None:
    """Print `value` as JSON on stdout, for scripts."""
    print(json.dumps(value, indent=1, ensure_ascii=False))


class Terminal:
    """The :class:`cryoal.progress.Progress` of the command line.

    Bars are drawn on a terminal only, and only for what takes longer than a moment. What a window
    has started writes lines for it.
    """

    def say(self, line: str) -> None:
        """Print one line on stderr."""
        print(line, file=sys.stderr)

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        """Yield `items` behind a bar with the rate and the time left."""
        if os.environ.get(LINES) == "lines":
            from cryoal.jobs.lines import in_lines

            yield from in_lines(items, what, total)
            return
        if not sys.stderr.isatty():
            yield from items
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        if total is None and isinstance(items, Sized):
            total = len(items)
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.completed:,.0f}" + (" / {task.total:,.0f}" if total else "")),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        task = bar.add_task(what, total=total, rate="")
        began, shown, done = time.monotonic(), False, 0
        try:
            for item in items:
                yield item
                done += 1
                seconds = time.monotonic() - began
                if not shown and seconds > PATIENCE:
                    bar.start()
                    shown = True
                rate = f"{done / max(seconds, 1e-9):,.1f} {unit}/s" if unit else ""
                bar.update(task, completed=done, rate=rate)
        finally:
            if shown:
                bar.stop()
