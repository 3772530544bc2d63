from __future__ import annotations

import math

import pytest

from cryoal.io.numeral import to_float, to_floats


@pytest.mark.parametrize("text", ["1", "-1.50", " 2e3", "+.5", "1.", "inf"])
def test_numbers_are_read_as_python_reads_them(text: str) -> None:
    assert to_float(text) == float(text)
    assert math.isnan(to_float("nan"))


@pytest.mark.parametrize(
    "text", ["1_0", "\u0661", "\uff11\uff12", "\u00a01", "0x10", "1,5", "", "x"]
)
def test_what_only_python_takes_for_a_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|convert"):
        to_float(text)
    with pytest.raises(ValueError, match=r"number|convert"):
        to_floats(["1", text])
