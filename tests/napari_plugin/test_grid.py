from __future__ import annotations

import pytest

from cryoal.napari_plugin.grid import LARGEST_PAGE, SMALLEST_SLAB, arrange


@pytest.mark.parametrize("size", [(1040, 640), (860, 470), (420, 600), (300, 300), (10, 10)])
def test_a_page_fits_and_every_card_is_found_under_the_mouse(size: tuple[int, int]) -> None:
    grid = arrange(*size, 14)
    assert 1 <= grid.page <= LARGEST_PAGE
    assert grid.slab >= SMALLEST_SLAB
    for place in range(grid.page):
        left, top = grid.corner(place)
        assert grid.place_at(left + 1, top + 1) == place
        assert grid.place_at(left + grid.card_width - 1, top + grid.card_height - 1) == place
    if grid.page > 1:
        left, top = grid.corner(grid.page - 1)
        assert left + grid.card_width <= size[0]
        assert top + grid.card_height <= size[1]


def test_a_large_window_has_twenty_cards_and_larger_slabs() -> None:
    small, large = arrange(1050, 470, 14), arrange(1720, 940, 14)
    assert small.page == large.page == 20
    assert large.slab > 1.5 * small.slab


def test_no_card_is_between_cards() -> None:
    grid = arrange(860, 470, 14)
    assert grid.place_at(grid.card_width + 1, 5) is None
    assert grid.place_at(5, grid.card_height + 1) is None
    assert grid.place_at(5, 100_000) is None
