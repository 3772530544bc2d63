"""What a page may ask about the rounds of a campaign: how the job stands, start one, stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.browser.routes import NotExpected, Reply, Request, Route, as_json

if TYPE_CHECKING:
    from cryoal.browser.rounds import Rounds

__all__ = ["job_routes"]


def job_routes(rounds: Rounds) -> list[Route]:
    """The routes of one campaign's jobs."""

    def start(request: Request) -> Reply:
        match request.body:
            case {"step": str(name), **wanted}:
                return as_json(rounds.start(name, wanted))
        raise NotExpected

    return [
        Route("GET", "/rounds", lambda _: as_json(rounds.now())),
        Route("GET", "/job", lambda _: as_json(rounds.state())),
        Route("POST", "/job", start, "step"),
        Route("POST", "/cancel", lambda _: as_json(rounds.cancel())),
    ]
