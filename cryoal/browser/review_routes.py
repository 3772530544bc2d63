"""What the page of a review may ask: its queue, presses, classes, an audit."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from cryoal.browser.routes import NotExpected, Refusal, Reply, Request, Route, as_json, as_page

if TYPE_CHECKING:
    from cryoal.browser.desk import Desk

__all__ = ["MOST_DRAWN", "review_routes"]

MOST_DRAWN = 10_000
"""Boxes of one draw of an audit: a page of more would not open."""


def review_routes(desk: Desk) -> list[Route]:
    """The routes of one campaign's review; in the page their addresses are relative to it."""

    def page(request: Request) -> Reply:
        found = desk.page(request.query.get("annotator"), request.token, request.query)
        return as_page(found.html, found.nonce)

    def events(request: Request) -> Reply:
        if not (annotator := request.query.get("annotator")):
            raise Refusal(HTTPStatus.BAD_REQUEST, "expected ?annotator=, found none")
        return as_json(desk.events(annotator, request.query))

    def take(request: Request) -> Reply:
        match request.body:
            case {"annotator": str(annotator), "lines": list(lines), **more}:
                if not all(isinstance(line, dict) for line in lines):
                    raise Refusal(HTTPStatus.BAD_REQUEST, "expected lines that are JSON objects")
                passed = more.get("passed", [])
                if not (isinstance(passed, list) and all(isinstance(key, str) for key in passed)):
                    raise Refusal(HTTPStatus.BAD_REQUEST, "expected passed as a list of keys")
                return as_json(desk.take(annotator, lines, passed))
        raise NotExpected

    def add_class(request: Request) -> Reply:
        match request.body:
            case {"name": str(name)}:
                return as_json(desk.add_class(name))
        raise NotExpected

    def audit(request: Request) -> Reply:
        match request.body:
            case {"n": int(n)} if 0 <= n <= MOST_DRAWN and n is not True and n is not False:
                return as_json(desk.audit(n))
        raise NotExpected

    return [
        Route("GET", "/", page, is_page=True),
        Route("GET", "/events", events),
        Route("POST", "/events", take, "annotator and lines"),
        Route("POST", "/classes", add_class, "name"),
        Route("POST", "/audit", audit, f"n, 0 to {MOST_DRAWN},"),
    ]
