"""Who decides the class of a box, and which it is: the expert's word before the classifier's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from cryoal.data.labels import Standing

__all__ = ["DECIDED_BY", "WITHOUT_CLASS", "DecidedBy", "decide"]

DecidedBy: TypeAlias = Literal["expert", "classifier", "undecided", "disputed", "novel"]

DECIDED_BY: tuple[DecidedBy, ...] = get_args(DecidedBy)
"""``undecided``: somebody looked and nobody could say; ``disputed``: annotators differ;
``novel``: too unlike all that is labelled (``classifier.novel``)."""

WITHOUT_CLASS: tuple[DecidedBy, ...] = ("undecided", "disputed", "novel")


def decide(
    key: str, guess: str, standing: Standing, *, is_novel: bool = False
) -> tuple[str | None, DecidedBy]:
    """The class of the box `key` and who decided it; `guess` is the classifier's.

    An undecided or disputed box has no class (None). The classifier is no more certain there than
    elsewhere, and a person who could look has said that it is not clear. Nor has one that nobody
    has answered about and that `is_novel`: it may be of a class that has no label.

    Examples
    --------
    >>> from cryoal.data.labels import Standing
    >>> standing = Standing({"t/1": "rod"}, frozenset({"t/2"}), {"t/3": {"a": "rod", "b": "ring"}})
    >>> [decide(f"t/{n}", "ring", standing) for n in range(1, 5)]
    [('rod', 'expert'), (None, 'undecided'), (None, 'disputed'), ('ring', 'classifier')]
    """
    if key in standing.disputed:
        return None, "disputed"
    if key in standing.abstained:
        return None, "undecided"
    if key in standing.labelled:
        return standing.labelled[key], "expert"
    return (None, "novel") if is_novel else (guess, "classifier")
