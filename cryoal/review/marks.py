"""How classes look in a review: the marks of :mod:`cryoal.marks`."""

from __future__ import annotations

from cryoal.marks import JUNK, OPEN, UNSURE, Mark, class_mark, ink_on, mark_of, marks_of

__all__ = ["JUNK", "OPEN", "UNSURE", "Mark", "class_mark", "ink_on", "mark_of", "marks_of"]
