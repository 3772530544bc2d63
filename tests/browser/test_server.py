"""The server without a browser: who is let in, and what reaches the journal."""

from __future__ import annotations

import errno
import http.client
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from cryoal import locks
from cryoal.browser.desk import Desk
from cryoal.browser.server import MOST_BYTES, MOST_THREADS, Server, serve
from cryoal.campaign import Campaign
from cryoal.campaign.audit import audit_now
from cryoal.data.events import Answer
from cryoal.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.browser.http import Listener

TIME = "2026-11-26T12:00:00.000Z"


def ask(
    server: Listener,
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = None,
    **headers: str,
) -> tuple[int, str, http.client.HTTPMessage]:
    """Status, text and headers; underscores in names of headers stand for hyphens."""
    sent = {"X-Cryoal-Token": server.token if token is None else token}
    content = None
    if body is not None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, content, {k: v for k, v in sent.items() if v})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers


def lines_of(
    keys: list[str], label: str = "rod", sitting: str = "aaaaaaaa"
) -> list[dict[str, Any]]:
    return [
        {"key": key, "label": label, "time": TIME, "press": f"{sitting}-{number}"}
        for number, key in enumerate(keys, start=1)
    ]


@pytest.fixture
def server(campaign: Campaign, asked: list[str]) -> Iterator[Server]:
    with Server(Desk(campaign.path, order="score")) as server:
        yield server


def test_presses_are_in_the_journal_before_the_answer_and_once_however_often_sent(
    server: Server, campaign: Campaign, asked: list[str]
) -> None:
    body = {"annotator": "ana", "lines": lines_of(asked[:3])}
    status, text, _ = ask(server, "POST", "/events", body)
    assert (status, json.loads(text)["taken"]) == (200, 3)
    assert len(campaign.labels.journal("ana").read()[0]) == 3
    status, text, _ = ask(server, "POST", "/events", body)
    assert (status, json.loads(text)["taken"]) == (200, 0)
    status, text, _ = ask(server, "GET", "/events?annotator=ben")
    assert status == 200
    assert json.loads(text)["journals"] == {"ana": lines_of(asked[:3])}


def test_many_at_once_lose_nothing_and_double_nothing(
    server: Server, campaign: Campaign, asked: list[str]
) -> None:
    def send(annotator: str) -> None:
        for line in lines_of(asked[:5]):
            assert (
                ask(server, "POST", "/events", {"annotator": annotator, "lines": [line]})[0] == 200
            )

    names = ["ana", "ana", "ben", "ben", "cleo"]
    threads = [threading.Thread(target=send, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in set(names):
        events, _ = campaign.labels.events(name)
        assert sorted(e.key for e in events if isinstance(e, Answer)) == sorted(asked[:5])


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["", "wrong", "ünwahr"])
def test_without_the_token_nothing_is_served(server: Server, method: str, token: str) -> None:
    body = {"annotator": "ana", "lines": []} if method == "POST" else None
    status, text, _ = ask(server, method, "/events?annotator=ana", body, token=token)
    assert status == 403
    assert text.startswith("expected the token of this server, found ")
    assert text.count("\n") == 1
    status, text, _ = ask(server, "GET", "/?annotator=ana")  # the page: in the address
    assert (status, "TS_01" in text) == (403, False)


@pytest.mark.parametrize("origin", ["https://example.org", "null", "http://127.0.0.1:1"])
def test_pages_of_other_sites_are_turned_away_even_with_the_token(
    server: Server, campaign: Campaign, asked: list[str], origin: str
) -> None:
    body = {"annotator": "ana", "lines": lines_of(asked[:1])}
    status, text, _ = ask(server, "POST", "/events", body, Origin=origin)
    assert status == 403
    assert text == f"expected the origin http://127.0.0.1:{server.port}, found {origin!r}\n"
    assert campaign.labels.annotators() == []
    status, _, _ = ask(server, "POST", "/events", body, Origin=f"http://127.0.0.1:{server.port}")
    assert status == 200


def test_a_name_that_leads_here_is_not_this_machine(server: Server) -> None:
    page = f"/?token={server.token}&annotator=ana"
    status, text, _ = ask(server, "GET", page, Host="evil.example")
    assert (status, text) == (
        403,
        f"expected the host 127.0.0.1:{server.port}, found 'evil.example'\n",
    )
    status, _, _ = ask(server, "GET", page, Host=f"localhost:{server.port}")
    assert status == 200


def test_a_page_is_not_kept_not_framed_and_tells_nobody_its_address(server: Server) -> None:
    status, text, headers = ask(server, "GET", f"/?token={server.token}&annotator=ana")
    assert status == 200
    assert text.startswith("<!DOCTYPE html>")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    status, text, _ = ask(server, "GET", f"/?token={server.token}")  # asks who is there
    assert (status, "TS_01" in text) == (200, False)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "message"),
    [
        ("/events", b"{", {}, 400, "expected JSON, found "),
        ("/events", b"[" * 100_000, {}, 400, "expected JSON, found "),
        ("/events", [1], {}, 400, "expected a JSON object"),
        ("/events", {"annotator": "ana"}, {}, 400, "expected annotator and lines in /events"),
        ("/events", {"annotator": "ana", "lines": [1]}, {}, 400, "expected lines that are JSON"),
        ("/events", {"annotator": "a\n", "lines": []}, {}, 400, "expected an annotator name of"),
        ("/classes", {"name": 1}, {}, 400, "expected name in /classes"),
        ("/classes", {"name": "a,b"}, {}, 400, "expected classes printable names"),
        ("/events", b"{}", {"Content_Type": "text/plain"}, 415, "expected JSON, found text/plain"),
        (
            "/events",
            b"{}",
            {"Content_Length": str(MOST_BYTES + 1)},
            413,
            "expected at most 2000000",
        ),
        ("/../campaign.toml", {}, {}, 404, "expected one of /alike, /audit, "),
    ],
)
def test_a_request_that_is_none_gets_one_clear_line(
    server: Server, path: str, body: Any, headers: dict[str, str], status: int, message: str
) -> None:
    found, text, _ = ask(server, "POST", path, body, **headers)
    assert found == status
    assert text.startswith(message)
    assert text.count("\n") == 1


def test_no_file_is_served(server: Server) -> None:
    for path in ("/campaign.toml", "/labels/ana.jsonl", "/..%2f..%2fetc/passwd", "//etc/passwd"):
        status, text, _ = ask(server, "GET", f"{path}?token={server.token}")
        assert (status, text.startswith("expected one of /, /events, ")) == (404, True)


def test_an_answer_that_cannot_be_recorded_is_refused_whole(
    server: Server, campaign: Campaign, asked: list[str]
) -> None:
    bad = [*lines_of(asked[:2]), *lines_of(["nowhere/1"])]
    status, text, _ = ask(server, "POST", "/events", {"annotator": "ana", "lines": bad})
    assert status == 400
    assert text.endswith("first 'nowhere/1' (the browser); nothing was recorded\n")
    bad = lines_of(asked[:1], "rode")
    status, text, _ = ask(server, "POST", "/events", {"annotator": "ana", "lines": bad})
    assert status == 400
    assert "no class called 'rode'" in text
    assert "did you mean 'rod'?" in text
    assert campaign.labels.annotators() == []


def test_a_class_that_was_renamed_is_followed_without_a_restart(
    server: Server, campaign: Campaign, asked: list[str]
) -> None:
    settings = campaign.path / "campaign.toml"
    text = settings.read_text().replace('"rod"', '"pole"')
    settings.write_text(text.replace("renamed = []", 'renamed = ["rod = pole"]'))
    body = {"annotator": "ana", "lines": lines_of(asked[:1])}
    status, answer, _ = ask(server, "POST", "/events", body)
    assert status == 200
    assert json.loads(answer)["settings"]["renamed"] == {"rod": "pole"}
    assert Campaign.open(campaign.path).standing().labelled == {asked[0]: "pole"}


def test_a_class_that_was_added_counts_at_once(
    server: Server, campaign: Campaign, asked: list[str]
) -> None:
    status, answer, _ = ask(server, "POST", "/classes", {"name": " spiral "})
    assert status == 200
    assert json.loads(answer)["settings"]["classes"][-1] == "spiral"
    body = {"annotator": "ana", "lines": lines_of(asked[:1], "spiral")}
    assert ask(server, "POST", "/events", body)[0] == 200


def test_a_restarted_server_is_found_at_the_same_place_and_two_get_two(
    campaign: Campaign, asked: list[str]
) -> None:
    with Server(Desk(campaign.path, order="score")) as first:
        with Server(Desk(campaign.path, order="score")) as second:
            assert second.port != first.port
        with pytest.raises(CampaignError, match="in use"):
            Server(Desk(campaign.path, order="score"), port=first.port)
    with Server(Desk(campaign.path, order="score")) as again:
        assert again.port == first.port
        assert again.token != first.token


def test_nothing_to_review_is_said_before_anything_is_served(
    campaign: Campaign, asked: list[str]
) -> None:
    with pytest.raises(CampaignError, match=r"expected disputed boxes in .*, found none"):
        serve(campaign, which="disputed", order="score", blind=False, said=print)


def test_a_port_in_use_is_named_with_what_to_do(
    campaign: Campaign, asked: list[str], server: Server
) -> None:
    with pytest.raises(CampaignError, match=f"found {server.port}: Address already in use") as said:
        serve(
            campaign,
            which="query",
            order="score",
            blind=False,
            port=server.port,
            said=print,
        )
    assert "--port" in str(said.value)


def test_who_was_named_need_not_name_themselves(
    campaign: Campaign, asked: list[str], server: Server
) -> None:
    address = server.address("ana")
    status, text, _ = ask(server, "GET", address.partition(str(server.port))[2])
    assert status == 200
    assert '"ana"' in text

    class End(Exception):  # noqa: N818
        pass

    def said(line: str) -> None:
        told.append(line)
        raise End

    told: list[str] = []
    how = {"order": "score", "blind": False}
    with pytest.raises(End):
        serve(campaign, **how, annotator="ana", said=said)  # type: ignore[arg-type]
    assert told[0].endswith("&annotator=ana")


def test_connections_take_a_bounded_number_of_threads(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = threading.active_count()
    idle = []
    for _ in range(MOST_THREADS + 20):  # as a browser that connects in advance, gone wild
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.connect()
        idle.append(connection)
    gone = [connection for connection in idle[MOST_THREADS:] if connection.sock.recv(1) == b""]
    assert len(gone) == 20
    assert threading.active_count() <= before + MOST_THREADS
    for connection in idle:
        connection.close()
    while ask_or_none(server) != 200:  # their threads are free again
        pass


def ask_or_none(server: Server) -> int | None:
    try:
        return ask(server, "GET", f"/?token={server.token}&annotator=ana")[0]
    except (ConnectionError, http.client.HTTPException):
        return None


def test_a_press_that_cannot_lock_the_journal_is_answered_and_may_be_sent_again(
    server: Server, campaign: Campaign, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"annotator": "ana", "lines": lines_of(asked[:1])}
    with monkeypatch.context() as without_locks:

        def missing(descriptor: int, operation: int) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        without_locks.setattr(locks, "flock", missing)
        status, text, _ = ask(server, "POST", "/events", body)
    assert status == 503  # not 400, at which a page takes the press back
    assert text.startswith("expected a disk that knows locks (flock), found No locks available")
    assert ".ana.jsonl.lock" in text
    assert not campaign.labels.annotators()
    assert ask(server, "POST", "/events", body)[0] == 200


def test_an_audit_is_drawn_and_shown_beside_the_query(
    server: Server, campaign: Campaign, asked: list[str]
) -> None:
    assert json.loads(ask(server, "POST", "/audit", {"n": 0})[1]) == {"open": 0}
    status, text, _ = ask(server, "GET", f"/?token={server.token}&annotator=ana&queue=audit")
    assert (status, "expected audit boxes" in text) == (400, True)
    assert ask(server, "POST", "/audit", {"n": True})[:2] == (
        400,
        "expected n, 0 to 10000, in /audit\n",
    )
    # 30 of 36 are asked by the open query
    assert json.loads(ask(server, "POST", "/audit", {"n": 60})[1]) == {"open": 6}
    drawn = audit_now(campaign)
    assert drawn is not None
    assert set(drawn.keys) == set(campaign.pool.keys.tolist()) - set(asked)
    assert (campaign.path / "audit.csv").exists()
    assert json.loads(ask(server, "POST", "/audit", {"n": 60})[1]) == {"open": 6}  # none more

    status, text, _ = ask(server, "GET", f"/?token={server.token}&annotator=ana&queue=audit")
    assert status == 200
    assert '"name":"audit"' in text
    body = {"annotator": "ana", "lines": lines_of(list(drawn.keys))}
    assert ask(server, "POST", "/events", body)[0] == 200
    text = ask(server, "GET", "/events?annotator=ana&queue=audit")[1]
    assert {line["key"] for line in json.loads(text)["journals"]["ana"]} == set(drawn.keys)
    text = ask(server, "GET", "/events?annotator=ana")[1]
    assert json.loads(text)["journals"] == {"ana": []}
    assert campaign.training_labels() == {}
    status, text, _ = ask(server, "POST", "/audit", {"n": 60})
    assert (status, text) == (
        400,
        f"expected boxes without an answer to draw from in {campaign.path}, found none\n",
    )


@pytest.mark.parametrize("body", [{}, {"n": -1}, {"n": "60"}, {"n": 10_001}])
def test_an_audit_of_no_number_is_refused(server: Server, body: dict[str, Any]) -> None:
    status, text, _ = ask(server, "POST", "/audit", body)
    assert (status, text) == (400, "expected n, 0 to 10000, in /audit\n")


def test_a_queue_that_is_none_is_refused(server: Server) -> None:
    status, text, _ = ask(server, "GET", "/events?annotator=ana&queue=usnure")
    assert (status, text) == (400, "no queue called 'usnure'; did you mean 'unsure'?\n")
