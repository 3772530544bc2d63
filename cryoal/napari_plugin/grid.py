"""How many cards a page has, and how large they are, in the room there is."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Grid", "arrange"]

N_PICTURES = 4  # on a card: three slabs and a tile
LARGEST_PAGE = 20  # cards: five rows of four, or four of five
SMALLEST_SLAB = 44  # pixels: below, a page has fewer cards
LARGEST_SLAB = 128
GAP = 6  # pixels between cards, at least
LARGEST_GAP = 24
PADDING = 6  # pixels inside a card
SLAB_GAP = 2
TILE_GAP = 5  # pixels between the slabs and what is around the box


@dataclass(frozen=True)
class Grid:
    """Cards in columns and rows; lengths in pixels."""

    columns: int
    rows: int
    slab: int
    """Edge of one of the three slabs, and of the tile beside them."""
    line: int
    """Height of a line of text."""
    gap_x: int = GAP
    gap_y: int = GAP

    @property
    def page(self) -> int:
        """Cards on a page."""
        return self.columns * self.rows

    @property
    def card_width(self) -> int:
        """Three slabs, a tile and the padding."""
        return N_PICTURES * self.slab + 2 * SLAB_GAP + TILE_GAP + 2 * PADDING

    @property
    def card_height(self) -> int:
        """A line above the slabs, and the band with the answer below."""
        return self.slab + 2 * self.line + 3 * PADDING

    def corner(self, place: int) -> tuple[int, int]:
        """Left and top of card `place` of the page."""
        row, column = divmod(place, self.columns)
        return column * (self.card_width + self.gap_x), row * (self.card_height + self.gap_y)

    def place_at(self, x: float, y: float) -> int | None:
        """Which card of the page is at a point; None between cards."""
        column, left = divmod(int(x), self.card_width + self.gap_x)
        row, top = divmod(int(y), self.card_height + self.gap_y)
        inside = 0 <= column < self.columns and 0 <= row < self.rows
        return (
            row * self.columns + column
            if inside and left < self.card_width and top < self.card_height
            else None
        )


def arrange(width: int, height: int, line: int) -> Grid:
    """The fullest page, of at most 20 cards, whose slabs are not too small; the largest such.

    Examples
    --------
    >>> arrange(1000, 600, 16).page, arrange(420, 600, 16).page
    (20, 8)
    """
    grids = [
        Grid(columns, rows, min(slab, LARGEST_SLAB), line)
        for columns in range(1, 9)
        for rows in range(1, LARGEST_PAGE // columns + 1)
        if (slab := _slab(width, height, columns, rows, line)) >= SMALLEST_SLAB
    ]
    grid = max(grids, key=lambda g: (g.page, g.slab), default=Grid(1, 1, SMALLEST_SLAB, line))
    return replace(
        grid,
        gap_x=_spread(width - grid.columns * grid.card_width, grid.columns - 1),
        gap_y=_spread(height - grid.rows * grid.card_height, grid.rows - 1),
    )


def _spread(left_over: int, n_gaps: int) -> int:
    """What is left of the room, between the cards."""
    return min(max(left_over // max(n_gaps, 1), GAP), LARGEST_GAP)


def _slab(width: int, height: int, columns: int, rows: int, line: int) -> int:
    """Edge of the largest slab with which so many cards fit."""
    free = (width + GAP) // columns - GAP - 2 * PADDING - 2 * SLAB_GAP - TILE_GAP
    across = free // N_PICTURES
    down = (height + GAP) // rows - GAP - 2 * line - 3 * PADDING
    return min(across, down)
