"""What a field of evidence is: declared in the file that makes it, one line each."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Field", "Task"]

Task = Literal["classification", "segmentation"]


class Field(NamedTuple):
    """One thing that can be known of each candidate."""

    name: str
    """As strategies name it among their needs."""
    about: str
    """Shape of the rows, unit, what it is."""
    task: Task | None = None
    """The task that alone gives it. A dense posterior of all candidates would not fit into memory:
    a segmentation gives means over the pixels of each image instead."""
