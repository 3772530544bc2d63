"""Commands that are printed for a person to paste into a shell."""

from __future__ import annotations

import shlex

__all__ = ["command"]


def command(*words: object) -> str:
    """``cryoal`` and `words`, quoted where a shell would take them for something else.

    Examples
    --------
    >>> command("select", "my campaign", "-n", 100)
    "cryoal select 'my campaign' -n 100"
    >>> command("add", "mt", "TOMOGRAM...", "--picks", "FILE")
    'cryoal add mt TOMOGRAM... --picks FILE'
    """
    return shlex.join(["cryoal", *map(str, words)])
