from __future__ import annotations

import pytest

from cryoal.marks import JUNK, UNSURE, class_mark, ink_on


def test_the_first_classes_differ_in_shape_and_in_colour() -> None:
    marks = [class_mark(i) for i in range(7)]
    assert len({mark.shape for mark in marks}) == len({mark.colour for mark in marks}) == 7
    assert len({(m.shape, m.colour) for m in map(class_mark, range(56))}) == 56
    assert {JUNK.shape, UNSURE.shape}.isdisjoint(class_mark(i).shape for i in range(8))


@pytest.mark.parametrize("mark", [*map(class_mark, range(8)), JUNK, UNSURE], ids=lambda m: m.shape)
def test_marks_are_polygons_in_the_unit_square(mark: object) -> None:
    assert len(mark.points) >= 3
    assert max(abs(v) for point in mark.points for v in point) <= 1


@pytest.mark.parametrize("mark", [*map(class_mark, range(7)), JUNK, UNSURE], ids=lambda m: m.colour)
def test_text_on_a_colour_can_be_read(mark: object) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(mark.colour), luminance(ink_on(mark.colour))])
    assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2.1 AA
