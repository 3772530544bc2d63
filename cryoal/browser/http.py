"""HTTP on this machine alone: who is let in, how much, and how what goes wrong is told."""

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

from cryoal.browser.routes import NotExpected, Refusal, Reply, Request
from cryoal.errors import CampaignBusyError, CampaignError, CryoALError, LockError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from cryoal.browser.routes import Route, Site

__all__ = ["HOST", "MOST_BYTES", "MOST_THREADS", "Listener"]

HOST = "127.0.0.1"
MOST_BYTES = 2_000_000
"""Of a request: fifty presses of two hundred boxes each would be as much."""

MOST_THREADS = 64  # a few annotators; browsers keep up to six connections for each tab
TIMEOUT = 30  # seconds that a connection may say nothing
TOKEN_HEADER = "X-Cryoal-Token"


class Listener:
    """A server on a thread of its own; a context manager that starts and stops it.

    It listens on 127.0.0.1 alone and answers only those who know the token.

    Parameters
    ----------
    site
        What it serves.
    port
        0: one that is the folder's own, or any where that is taken.
    token
        What the address has to hold; a new one unless given.

    Raises
    ------
    CampaignError
        The port cannot be had.
    """

    def __init__(self, site: Site, *, port: int = 0, token: str | None = None) -> None:
        self.token = token or secrets.token_hex(16)
        self.site = site
        self._http = _listen(site, port, self.token)
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
        self.site.wait()
        self.site.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True  # browsers open connections in advance, which nobody waits for
    request_queue_size = 128  # five, as it comes, makes those beyond wait for seconds
    token: str
    site: Site

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


def _listen(site: Site, port: int, token: str) -> _Http:
    """A socket; unless told, the port is the folder's own while it is free.

    A browser keeps what it could not send under the address of the page. With the same port after
    a restart it finds it again.
    """
    own = 49152 + _number_of(site.path) % 16384
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
            server.site = site
            return server
    raise AssertionError("port 0 is always free")


def _number_of(path: Path) -> int:
    return int.from_bytes(hashlib.sha256(str(path.resolve()).encode()).digest()[:2])


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    timeout = TIMEOUT
    server_version = "cryoal"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: an address in a log is a token in a log."""

    def _answer(self, method: str) -> None:
        """The checks that every request passes, then its route; every failure is one line."""
        try:
            self._require_ours()
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            in_address = asked.pop("token", "")
            in_header = self.headers.get(TOKEN_HEADER, "")
            # no word about what there is to those who do not know either
            if not self._is_token(in_header) and not self._is_token(in_address):
                self._require_token(in_header or in_address)
            route = self.server.site.find(method, address.path)
            self._require_token(in_address if route.is_page else in_header)
            body = self._body() if method == "POST" else {}
            self._send(self._replied(route, Request(self.server.token, asked, body)))
        except Refusal as refusal:
            self._send_line(refusal, refusal.status)
        except CampaignBusyError as error:
            self._send_line(error, HTTPStatus.CONFLICT)
        except LockError as error:  # another process is slow, or no disk for it: it tries again
            self._send_line(error, HTTPStatus.SERVICE_UNAVAILABLE)
        except (CryoALError, ValueError) as error:  # half a character is no UTF-8, for instance
            self._send_line(error, HTTPStatus.BAD_REQUEST)
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the page was closed; it asks again when it is back
        except OSError as error:  # the disk is full, the file server away: the page tries again
            line = f"the campaign cannot be read or written: {error.strerror or error}"
            self._send_line(line, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _replied(self, route: Route, request: Request) -> Reply:
        try:
            return route.answer(request)
        except NotExpected:
            raise Refusal(
                HTTPStatus.BAD_REQUEST, f"expected {route.expects} in {route.path}"
            ) from None

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

    def _is_token(self, found: str) -> bool:
        return hmac.compare_digest(found.encode("utf-8", "replace"), self.server.token.encode())

    def _require_token(self, found: str) -> None:
        if not self._is_token(found):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "expected the token of this server, found "
                f"{'another' if found else 'none'}: open the address that cryoal printed",
            )

    def _send_line(self, line: object, status: HTTPStatus) -> None:
        content = f"{line}\n".encode("utf-8", "replace")
        self._send(Reply(content, "text/plain; charset=utf-8"), status)

    def _send(self, reply: Reply, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        fixed = {
            "Content-Type": reply.kind,
            "Content-Length": str(len(reply.content)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        for name, value in {**fixed, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)
