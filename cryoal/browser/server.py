"""The review in browsers on this machine: pages out, presses into the journals."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryoal.browser.desk import Desk
from cryoal.browser.page import policy
from cryoal.errors import CampaignError, CryoALError, LockError
from cryoal.review.queue import MOST, Where, Which, make_queue
from cryoal.review.where import EVERYTHING
from cryoal.signals import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from cryoal.campaign.campaign import Campaign
    from cryoal.records import Json
    from cryoal.review.queue import Order

__all__ = ["MOST_BYTES", "Server", "serve"]

HOST = "127.0.0.1"
MOST_BYTES = 2_000_000
"""Of a request: fifty presses of two hundred boxes each would be as much."""

MOST_DRAWN = 10_000
"""Boxes of one draw of an audit: a page of more would not open."""

WANTED = {
    "/events": "annotator and lines",
    "/classes": "name",
    "/audit": f"n, 0 to {MOST_DRAWN},",
}
"""What may be posted where."""

TOKEN_HEADER = "X-Cryoal-Token"
MOST_THREADS = 64  # a few annotators; browsers keep up to six connections for each tab
TIMEOUT = 30  # seconds that a connection may say nothing


def serve(
    campaign: Campaign,
    *,
    which: Which | str = "query",
    where: Where = EVERYTHING,
    order: Order | None = None,
    most: int = MOST,
    keys: Sequence[str] = (),
    blind: bool = False,
    port: int = 0,
    annotator: str | None = None,
    said: Callable[[str], None],
) -> None:
    """Serve the review until Ctrl-C or SIGTERM; `said` is given the address, and what else to tell.

    Parameters
    ----------
    which, where, order, most, keys
        As in :func:`cryoal.review.queue.make_queue`, which is called for each annotator.
    blind
        Whether suggestions are hidden.
    port
        0: one that is the campaign's own, or any where that is taken.
    annotator
        Who is named in the address that is printed; None: the page asks.

    Raises
    ------
    CampaignError
        There is nothing to review, or the port cannot be had.
    LabelError
        `annotator` cannot be the name of one.
    """
    if annotator is not None:
        campaign.labels.journal(annotator)
    asked: dict[str, Any] = {
        "which": which,
        "where": where,
        "order": order,
        "most": most,
        "keys": keys,
    }
    make_queue(campaign, annotator or "page", **asked)  # nothing to do: said now
    desk = Desk(campaign.path, **asked, blind=blind)
    with Server(desk, port=port) as server:
        try:
            said(f"open {server.address(annotator)}")
            said(
                "one tab for each annotator; the address is the key, give it to nobody. Ctrl-C ends"
            )
            threading.Event().wait()
        except (KeyboardInterrupt, Stopped):
            said("stopped; every confirmed answer is in the journals")


class Refusal(Exception):  # noqa: N818
    """A request that is not served, and why, in one line."""

    def __init__(self, status: HTTPStatus, line: str) -> None:
        super().__init__(line)
        self.status = status


class Server:
    """The server on a thread of its own; a context manager that starts and stops it.

    It listens on 127.0.0.1 alone and answers only those who know the token.

    Parameters
    ----------
    desk
        What it serves.
    port
        As in :func:`serve`.
    token
        What the address has to hold; a new one unless given.
    """

    def __init__(self, desk: Desk, *, port: int = 0, token: str | None = None) -> None:
        self.token = token or secrets.token_hex(16)
        self._http = _listen(desk, port, self.token)
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def address(self, annotator: str | None = None) -> str:
        """What to open in a browser."""
        query = {"token": self.token} | ({"annotator": annotator} if annotator else {})
        return f"http://{HOST}:{self.port}/?{urlencode(query)}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; what is being written is written."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._http.desk.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True  # browsers open connections in advance, which nobody waits for
    token: str
    desk: Desk

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._free = threading.BoundedSemaphore(MOST_THREADS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread; hang up where all are taken, as the page asks again."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and give the thread's place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over pages that were closed before they had their answer."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _which_in(asked: dict[str, list[str]]) -> str | None:
    """The boxes that an address names in place of the server's."""
    found = asked.get("queue", [None])[0]
    return None if found is None else str(Which.parse(found))


def _listen(desk: Desk, port: int, token: str) -> _Http:
    """A socket; unless told, the port is the campaign's own while it is free.

    A browser keeps what it could not send under the address of the page. With the same port after
    a restart it finds it again.
    """
    own = (
        49152
        + int.from_bytes(hashlib.sha256(str(desk.path.resolve()).encode()).digest()[:2]) % 16384
    )
    for wanted in [port] if port else [own, 0]:
        try:
            server = _Http((HOST, wanted), _Handler)
        except OSError as error:
            if port:
                raise CampaignError(
                    f"expected a port to serve on, found {port}: {error.strerror}; name another "
                    "one (--port), or none"
                ) from error
            if wanted != own:
                raise
        else:
            server.token = token
            server.desk = desk
            return server
    raise AssertionError("port 0 is always free")


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    timeout = TIMEOUT
    server_version = "cryoal"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: an address in a log is a token in a log."""

    def _get(self) -> None:
        address = urlsplit(self.path)
        asked = parse_qs(address.query)
        annotator = asked.get("annotator", [None])[0]
        if address.path == "/":
            self._require_token(asked.get("token", [""])[0])
            page = self.server.desk.page(annotator, self.server.token, _which_in(asked))
            rule = f"{policy(page.nonce)}; frame-ancestors 'none'"
            self._send(page.html, "text/html", {"Content-Security-Policy": rule})
        elif address.path == "/events":
            self._require_token(self.headers.get(TOKEN_HEADER, ""))
            if not annotator:
                raise Refusal(HTTPStatus.BAD_REQUEST, "expected ?annotator=, found none")
            self._send_json(self.server.desk.events(annotator, _which_in(asked)))
        else:
            raise Refusal(HTTPStatus.NOT_FOUND, f"expected / or /events, found {address.path}")

    def _post(self) -> None:
        self._require_token(self.headers.get(TOKEN_HEADER, ""))
        address = urlsplit(self.path).path
        if address not in WANTED:
            there = ", ".join(WANTED)
            raise Refusal(HTTPStatus.NOT_FOUND, f"expected one of {there}, found {address}")
        body = self._body()
        match address, body:
            case "/events", {"annotator": str(annotator), "lines": list(lines)}:
                if not all(isinstance(line, dict) for line in lines):
                    raise Refusal(HTTPStatus.BAD_REQUEST, "expected lines that are JSON objects")
                self._send_json(self.server.desk.take(annotator, lines))
            case "/classes", {"name": str(name)}:
                self._send_json(self.server.desk.add_class(name))
            case "/audit", {"n": int(n)} if 0 <= n <= MOST_DRAWN:
                self._send_json(self.server.desk.audit(n))
            case _:
                raise Refusal(HTTPStatus.BAD_REQUEST, f"expected {WANTED[address]} in {address}")

    def _body(self) -> dict[str, Any]:
        kind = self.headers.get_content_type()
        if kind != "application/json":
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected JSON, found {kind}")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, "expected a Content-Length, found none")
        if int(length) > MOST_BYTES:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"expected at most {MOST_BYTES} bytes, found {length}",
            )
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"expected JSON, found {error}") from error
        if not isinstance(body, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, "expected a JSON object")
        return body

    def _require_ours(self) -> None:
        """Refuse names that resolve to this machine (DNS rebinding) and pages of other sites."""
        hosts = [f"{name}:{self.server.server_address[1]}" for name in (HOST, "localhost")]
        host = self.headers.get("Host", "")
        if host not in hosts:
            raise Refusal(HTTPStatus.FORBIDDEN, f"expected the host {hosts[0]}, found {host!r}")
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{host}":
            raise Refusal(
                HTTPStatus.FORBIDDEN, f"expected the origin http://{host}, found {origin!r}"
            )

    def _require_token(self, found: str) -> None:
        if not hmac.compare_digest(found.encode(), self.server.token.encode()):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "expected the token of this server, found "
                f"{'another' if found else 'none'}: open the address that cryoal review printed",
            )

    def _answer(self, served: Callable[[], None]) -> None:
        try:
            self._require_ours()
            served()
        except Refusal as refusal:
            self._send(f"{refusal}\n", "text/plain", status=refusal.status)
        except LockError as error:  # another process is slow, or no disk for it: it tries again
            self._send(f"{error}\n", "text/plain", status=HTTPStatus.SERVICE_UNAVAILABLE)
        except (CryoALError, ValueError) as error:  # half a character is no UTF-8, for instance
            self._send(f"{error}\n", "text/plain", status=HTTPStatus.BAD_REQUEST)
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the page was closed; it asks again when it is back
        except OSError as error:  # the disk is full, the file server away: the page tries again
            line = f"the journal cannot be written: {error.strerror or error}"
            self._send(f"{line}\n", "text/plain", status=HTTPStatus.INTERNAL_SERVER_ERROR)

    def _send_json(self, value: Json) -> None:
        self._send(json.dumps(value, ensure_ascii=False), "application/json")

    def _send(
        self,
        text: str,
        kind: str,
        headers: dict[str, str] | None = None,
        *,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        content = text.encode("utf-8", "replace")
        self.send_response(status)
        fixed = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        for name, value in {**fixed, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
