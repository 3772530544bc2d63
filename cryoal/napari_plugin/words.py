"""What is to be chosen about a queue, in words: the same in every widget."""

from __future__ import annotations

from cryoal.review import modes

__all__ = ["ANSWERED", "KINDS", "MODES", "ORDERS"]

KINDS = {
    "query": "the last query",
    "audit": "the audit, drawn at random",
    "disputed": "boxes that annotators differ on",
    "flagged": "boxes flagged for discussion",
    "unsure": "boxes nobody could tell",
    "suspicious": "boxes whose label may be wrong",
}
ORDERS = {
    "": "as is usual for these boxes",
    "likeness": "boxes that look alike together",
    "score": "most informative first",
    "least": "least sure first",
    "surest": "surest first",
    "tomogram": "tomogram by tomogram",
}
MODES: dict[str, str] = dict(modes.MODES.items())
ANSWERED = {"any": "answered or not", "yes": "with an answer", "no": "without an answer"}
