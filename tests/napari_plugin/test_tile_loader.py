from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.napari_plugin import tile_loader
from cryoal.napari_plugin.tile_loader import TileLoader
from cryoal.review.tiles import Missing, Tile, Tiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign
    from cryoal.napari_plugin.review_widget import ReviewWidget
    from cryoal.testing.phantoms import PhantomFiles


class SlowTiles:
    """Reads when it is let to; writes down in which thread and in which order."""

    def __init__(self, _: Campaign) -> None:
        self.go_on = threading.Event()
        self.began = threading.Event()
        self.rows: list[int] = []
        self.threads: set[int] = set()
        self.is_closed = False

    def tile(self, row: int) -> Tile:
        self.began.set()
        assert self.go_on.wait(10)
        self.rows.append(row)
        self.threads.add(threading.get_ident())
        return Tile(np.full((12, 12), row, np.uint8))

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def slow(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> Iterator[tuple[TileLoader, SlowTiles]]:
    monkeypatch.setattr(tile_loader, "Tiles", SlowTiles)
    loader = TileLoader(campaign)
    tiles = loader._reader.tiles
    assert isinstance(tiles, SlowTiles)
    yield loader, tiles
    tiles.go_on.set()
    loader.close()
    qtbot.waitUntil(lambda: tiles.is_closed, timeout=10_000)


def test_tiles_come_beside_the_main_thread_the_last_asked_for_first(
    slow: tuple[TileLoader, SlowTiles], qtbot: QtBot
) -> None:
    loader, tiles = slow
    assert loader.get([3, 4]) == [None, None]
    assert tiles.began.wait(10)  # 3 is being read
    assert loader.get([8, 9]) == [None, None]
    tiles.go_on.set()
    qtbot.waitUntil(lambda: len(tiles.rows) == 4 and None not in loader.get([3, 4, 8, 9]))
    assert tiles.rows == [3, 8, 9, 4]
    assert threading.get_ident() not in tiles.threads
    found = loader.get([9, 3])
    assert [tile.grey[0, 0] for tile in found if isinstance(tile, Tile)] == [9, 3]


def test_a_loader_that_is_closed_while_it_reads_tells_nothing_more(
    slow: tuple[TileLoader, SlowTiles], qtbot: QtBot
) -> None:
    loader, tiles = slow
    came = []
    loader.came.connect(lambda: came.append(1))
    loader.get([1, 2, 3])
    assert tiles.began.wait(10)
    loader.close()
    assert not tiles.is_closed  # a file is not taken from under its reader
    tiles.go_on.set()
    qtbot.waitUntil(lambda: tiles.is_closed)
    assert (tiles.rows, came) == ([1], [])


def test_only_so_many_bytes_of_tiles_stay(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    with Tiles(campaign) as some:
        edge = some.tile(0)
    assert isinstance(edge, Tile)
    monkeypatch.setattr(tile_loader, "LARGEST", 3 * edge.grey.nbytes)
    loader = TileLoader(campaign)
    tiles = loader.read([0, 1, 2, 3, 4])
    assert len(tiles) == 5
    assert len(loader._kept) == 3
    loader.close()


def test_a_tomogram_that_goes_away_is_said_beside_the_box_and_the_review_goes_on(
    review: ReviewWidget, qtbot: QtBot, phantoms: PhantomFiles
) -> None:
    item = review.session.queue.items[0]
    path = next(p for p in phantoms.tomograms if p.stem == item.tomogram)
    qtbot.waitUntil(lambda: isinstance(review.tiles.get([item.row])[0], Tile))
    aside = path.with_suffix(".aside")
    shutil.move(path, aside)
    try:
        review.tiles.forget()  # as after many other boxes
        review.refresh()
        qtbot.waitUntil(lambda: isinstance(review.tiles.get([item.row])[0], Missing))
        said = f"found no file {path}"
        qtbot.waitUntil(lambda: said in review.focus_card.look.lines[-1])
        review.gallery.repaint()
        qtbot.keyClick(review, "1")
        assert review.session.shown(0).label == "ring"
    finally:
        shutil.move(aside, path)
    review.tiles.look_again()  # it looks again some seconds later
    review.refresh()
    qtbot.waitUntil(lambda: isinstance(review.tiles.get([item.row])[0], Tile))
