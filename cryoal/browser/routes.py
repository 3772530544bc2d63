"""What may be asked of a server, and who answers: a table, without HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cryoal.browser.page import policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cryoal.records import Json

__all__ = [
    "NotExpected",
    "Refusal",
    "Reply",
    "Request",
    "Route",
    "Site",
    "Table",
    "as_json",
    "as_page",
]

Method = Literal["GET", "POST"]


class Refusal(Exception):  # noqa: N818
    """A request that is not served, and why, in one line."""

    def __init__(self, status: HTTPStatus, line: str) -> None:
        super().__init__(line)
        self.status = status


class NotExpected(Exception):  # noqa: N818
    """What was sent is not what its route expects; the answer says what that is."""


@dataclass(frozen=True)
class Request:
    """What was asked. Who asks knows the token, and is a page of this server."""

    token: str
    """Of the server, for the addresses in a page."""
    query: Mapping[str, str] = field(default_factory=dict)
    """What stands behind the ``?``, without the token; of what is given twice the first."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The JSON that was sent along."""


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    content: bytes
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One thing that may be asked."""

    method: Method
    path: str
    answer: Callable[[Request], Reply]
    expects: str = ""
    """What has to be sent along, in words; for the line that says it was not."""
    is_page: bool = False
    """Whether a browser opens it, so that the token is in the address and not in a header."""


class Site(Protocol):
    """Everything that one server answers."""

    @property
    def path(self) -> Path:
        """The folder that it is about."""
        ...

    def find(self, method: str, path: str) -> Route:
        """The route; a Refusal where there is none."""
        ...

    def wait(self) -> None:
        """Return when nothing is being written."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class Table:
    """Routes by method and path."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = {(route.method, route.path): route for route in routes}

    def find(self, method: str, path: str) -> Route:
        """The route; a Refusal with those that are there where there is none."""
        try:
            return self._routes[(method, path)]  # type: ignore[index]
        except KeyError:
            there = ", ".join(sorted(known for way, known in self._routes if way == method))
            raise Refusal(HTTPStatus.NOT_FOUND, f"expected one of {there}, found {path}") from None


def as_json(value: Json) -> Reply:
    """A reply of JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return Reply(text.encode("utf-8", "replace"), "application/json; charset=utf-8")


def as_page(html: str, nonce: str) -> Reply:
    """A page, which runs and looks like what has its nonce, and is in no frame."""
    rule = f"{policy(nonce)}; frame-ancestors 'none'"
    return Reply(
        html.encode("utf-8", "replace"),
        "text/html; charset=utf-8",
        {"Content-Security-Policy": rule},
    )
