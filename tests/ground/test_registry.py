from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from cryoal import registry
from cryoal.errors import UnknownNameError
from cryoal.registry import Table

TABLE = Table("animal", {"square-root": "math:sqrt"}, "cryoal.animals")


def test_a_built_in_is_imported_when_it_is_asked_for() -> None:
    import math

    assert TABLE.load("square-root") is math.sqrt


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="called 'squareroot'; did you mean 'square-root'"):
        TABLE.load("squareroot")
    with pytest.raises(UnknownNameError, match="known: square-root"):
        TABLE.load("zzz")


def test_another_package_can_add_a_name_but_not_take_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = [
        EntryPoint("cosine", "math:cos", "cryoal.animals"),
        EntryPoint("square-root", "math:tan", "cryoal.animals"),
    ]

    def entry_points(**asked: Any) -> list[EntryPoint]:
        return [p for p in theirs if asked.get("name") in (None, p.name)]

    monkeypatch.setattr(registry, "entry_points", entry_points)
    import math

    assert TABLE.names() == ["square-root", "cosine"]
    assert TABLE.load("cosine") is math.cos
    assert TABLE.load("square-root") is math.sqrt
