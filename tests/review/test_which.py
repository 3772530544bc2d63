from __future__ import annotations

import pytest

from cryoal.errors import ConfigError
from cryoal.review.which import Which


@pytest.mark.parametrize(
    "text", ["query", "audit", "suspicious", "class:wall", "class:a:b", "tomogram:TS 01", "cycle:3"]
)
def test_what_was_typed_is_what_is_said(text: str) -> None:
    assert str(Which.parse(text)) == text


def test_a_cycle_is_a_query() -> None:
    assert (Which.parse("cycle:03").kind, Which.parse("cycle:03").cycle) == ("query", 3)
    assert Which.parse("query").cycle is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("suspicous", "did you mean 'suspicious'"),
        ("class:", "expected class:NAME as queue, found 'class:'"),
        ("tomogram", "expected tomogram:NAME"),
        ("cycle:x", "expected cycle:N"),
        ("cycle:-1", "expected cycle:N"),
        ("audit:3", "no queue called 'audit:3'"),
        ("", "no queue called ''"),
    ],
)
def test_what_is_no_queue_is_said(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Which.parse(text)
