"""Which class the key J gives: the one that is there for junk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JUNK_NAMES", "UNNAMED", "junk_class"]

UNNAMED = "junk"
"""What ``review.junk`` is where nobody has said anything else."""

JUNK_NAMES = (
    "junk", "garbage", "rubbish", "trash", "bad", "negative", "negatives", "false positive",
    "false positives", "not a particle", "no particle", "non particle", "noise", "background",
)  # fmt: skip
"""What people call it, the plainest word first. Nothing that a particle may be: empty, other, ice.
"""


def junk_class(classes: Sequence[str], wanted: str = UNNAMED) -> str:
    """The class that stands for junk; it need not be there yet.

    That is `wanted` (``review.junk``) where it is a class, or somebody has chosen it. Where nobody
    has, the class among `classes` that is called by one of :data:`JUNK_NAMES`: two classes for the
    same would each get half of the labels.

    Examples
    --------
    >>> junk_class(["wall", "Background"]), junk_class(["wall", "lumen"])
    ('Background', 'junk')
    >>> junk_class(["background", "junk"]), junk_class(["background", "wall"], "carbon")
    ('junk', 'carbon')
    """
    if wanted in classes or wanted != UNNAMED:
        return wanted
    plain = {" ".join(name.lower().replace("-", " ").replace("_", " ").split()): name
             for name in reversed(classes)}  # fmt: skip
    return next((plain[name] for name in JUNK_NAMES if name in plain), wanted)
