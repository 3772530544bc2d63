"""What each field of a dataclass means, from its source: the one place where that is said.

Dataclasses do not keep the strings below their fields, so the module is parsed. Where the source is
not at hand (byte code alone), nothing is known of meanings and they are empty.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import is_dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

__all__ = ["Meaning", "meanings", "sections"]


class Meaning(NamedTuple):
    """One field, as its dataclass says it."""

    name: str
    kind: str
    """Its annotation."""
    choices: tuple[str, ...]
    """The words it may be; empty where others are allowed."""
    text: str
    """What it is, in one line; literals stand in single backquotes."""


def meanings(kind: type) -> tuple[Meaning, ...]:
    """The fields of the dataclass `kind`, in order.

    Examples
    --------
    >>> from cryoal.config import PoolConfig
    >>> meanings(PoolConfig)[0].text
    'Edge of a box in voxels; even, because the centre voxel is box / 2.'
    """
    node = _classes(inspect.getmodule(kind)).get(kind.__name__)
    return () if node is None else tuple(_fields(node))


def sections(kind: type) -> Mapping[str, tuple[str, tuple[Meaning, ...]]]:
    """By section ("" first) what it holds and its settings, of a tree of dataclasses.

    Fields that are dataclasses themselves are the sections.
    """
    module = inspect.getmodule(kind)
    named = {"": kind}
    for field in meanings(kind):
        part = getattr(module, field.kind, None)
        if isinstance(part, type) and is_dataclass(part):
            named[field.name] = part
    return {
        section: (
            ast.get_docstring(node) or "",
            tuple(m for m in meanings(one) if section or m.name not in named),
        )
        for section, one in named.items()
        if (node := _classes(inspect.getmodule(one)).get(one.__name__)) is not None
    }


@cache
def _classes(module: ModuleType | None) -> dict[str, ast.ClassDef]:
    if module is None:
        return {}
    try:
        tree = ast.parse(inspect.getsource(module))
    except OSError:  # no source: cryoal works all the same
        return {}
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _fields(node: ast.ClassDef) -> list[Meaning]:
    found: list[Meaning] = []
    for before, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(before, ast.AnnAssign) or not isinstance(before.target, ast.Name):
            continue
        kind, text = ast.unparse(before.annotation), ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = " ".join(str(after.value.value).split()).replace("``", "`")
        choices: tuple[str, ...] = ()
        if kind.startswith("Literal["):
            told = ast.literal_eval(kind.removeprefix("Literal"))
            choices = (told,) if isinstance(told, str) else tuple(map(str, told))
        found.append(Meaning(before.target.id, kind, choices, text))
    return found
