"""What a page may ask to see: queues, filters, pictures, both sides of a threshold, the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.browser.routes import NotExpected, Reply, Request, Route, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryoal.browser.desk import Desk
    from cryoal.records import Json

__all__ = ["look_routes"]


def look_routes(desk: Desk) -> list[Route]:
    """The routes of one campaign's pictures, counts and map; none of them writes a label."""

    def counts(request: Request) -> Reply:
        match request.body:
            case {"queue": str(queue), "where": dict(where)}:
                return as_json(desk.counts(queue, where))
        raise NotExpected

    def threshold(request: Request) -> Reply:
        try:
            name, p = request.query["class"], float(request.query["p"])
        except (KeyError, ValueError) as error:
            raise NotExpected from error
        return as_json(desk.threshold(name, p))

    def alike(request: Request) -> Reply:
        match request.body:
            case {"key": str(key)}:
                return as_json(desk.alike(key))
        raise NotExpected

    return [
        Route("GET", "/queues", lambda request: as_json(desk.queues(request.query))),
        Route("POST", "/counts", counts, "queue and where"),
        Route("POST", "/tiles", _of_rows(desk.tiles), "rows"),
        Route("POST", "/context", _of_rows(desk.around), "rows"),
        Route("POST", "/cards", _of_rows(desk.cards), "rows"),
        Route("GET", "/threshold", threshold, "class and p"),
        Route("GET", "/map", lambda _: as_json(desk.map())),
        Route("POST", "/lasso", _of_rows(desk.lasso), "rows"),
        Route("POST", "/alike", alike, "key"),
        Route("GET", "/trend", lambda _: as_json(desk.trend())),
    ]


def _of_rows(told: Callable[[Sequence[int]], dict[str, Json]]) -> Callable[[Request], Reply]:
    """An answer about rows of the pool, which come as whole numbers."""

    def answer(request: Request) -> Reply:
        rows: Any = request.body.get("rows")
        if not isinstance(rows, list) or not all(type(row) is int for row in rows):
            raise NotExpected
        return as_json(told(rows))

    return answer
