"""The pages beside the cards, wired to the review that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.napari_plugin.map_page import MapPage
from cryoal.napari_plugin.queue_page import QueuePage
from cryoal.napari_plugin.rounds_page import RoundsPage
from cryoal.napari_plugin.threshold_page import ThresholdPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryoal.napari_plugin.review_widget import ReviewWidget
    from cryoal.napari_plugin.side_page import SidePage

__all__ = ["makers_of"]

PAGES: dict[str, Callable[[], SidePage]] = {
    "queues": QueuePage,
    "threshold": ThresholdPage,
    "map": MapPage,
    "rounds": RoundsPage,
}


def makers_of(review: ReviewWidget) -> Mapping[str, Callable[[], SidePage]]:
    """What makes each page, by its name."""

    def maker(make: Callable[[], SidePage]) -> Callable[[], SidePage]:
        def made() -> SidePage:
            page = make()
            page.asked.connect(review.open)
            page.said.connect(review.say)
            page.ordered.connect(review.start)
            page.went.connect(review.go)
            review.overviews.came.connect(page.show_known)
            return page

        return made

    return {name: maker(make) for name, make in PAGES.items()}
