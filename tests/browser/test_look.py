"""What a page may ask to see: pictures, counts, both sides of a threshold, the map."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.browser.asked import Asked
from cryoal.browser.atlas import UNTOLD, doubt_codes
from cryoal.browser.desk import Desk
from cryoal.browser.look import MOST_ASKED
from cryoal.browser.server import Server
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_ready import ready_audit
from cryoal.campaign.overview import NONE
from cryoal.errors import CampaignError, ConfigError
from cryoal.review.tiles import Tile, Tiles
from cryoal.review.view import View
from cryoal.review.where import Where
from tests.browser.driven.mapped import lay_out
from tests.browser.test_server import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.campaign import Campaign
    from cryoal.review.modes import Mode


@pytest.fixture
def desk(campaign: Campaign, asked: list[str]) -> Iterator[Desk]:
    lay_out(campaign)
    desk = Desk(campaign.path)
    yield desk
    desk.close()


def numbers(text: str, kind: str) -> list[int]:
    """What was packed."""
    found: list[int] = np.frombuffer(base64.b64decode(text), kind).tolist()
    return found


def test_an_address_names_a_queue_its_order_and_filter() -> None:
    where = json.dumps({"classes": ["rod"], "probability": [0.5, 1]})
    found = Asked.from_address({"queue": "class:rod", "order": "surest", "where": where}, {})
    assert found is not None
    assert (found.which, found.order) == ("class:rod", "surest")
    assert found.where == Where(classes=("rod",), probability=(0.5, 1.0))
    assert Asked.from_address({"annotator": "ana"}, {}) is None
    taken = Asked.from_address({"queue": "keys", "lasso": "ab"}, {"ab": ("TS_01/3",)})
    assert taken is not None
    assert taken.keys == ("TS_01/3",)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ({"queue": "clas:rod"}, "no queue called 'clas:rod'"),
        ({"queue": "all", "order": "suerst"}, "did you mean 'surest'"),
        ({"queue": "all", "where": "{"}, "expected filters as JSON, found"),
        ({"queue": "all", "where": "[1]"}, r"expected filters as a JSON object, found '\[1\]'"),
        ({"queue": "all", "where": '{"clas": []}'}, "expected filters .*, found 'clas'"),
        ({"queue": "keys", "lasso": "gone"}, "the server was started anew; draw around them again"),
    ],
)
def test_an_address_that_names_none_gets_one_clear_line(
    address: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as said:
        Asked.from_address(address, {})
    assert "\n" not in str(said.value)


def test_a_card_has_the_slabs_and_the_tile_of_the_box(desk: Desk, campaign: Campaign) -> None:
    cards: Any = desk.cards([5, 20])["found"]
    box = campaign.pool.read_normalised(np.array([20]))[0]
    slabs = [np.frombuffer(base64.b64decode(t), np.uint8).reshape(8, 8) for t in cards[1]["slabs"]]
    assert np.array_equal(np.array(slabs), View().draw(box, campaign.config.review.thickness))
    assert (cards[0]["predicted"], cards[1]["predicted"]) == ("ring", "rod")
    assert cards[1]["probability"] == pytest.approx(0.7)
    with Tiles(campaign) as tiles:
        tile = tiles.tile(20)
    assert isinstance(tile, Tile)
    assert cards[1]["tile"]["low"] == tile.outline[0]
    assert cards[1]["tile"]["image"].startswith("data:image/jpeg;base64,")


def test_a_tomogram_that_is_gone_is_said_for_each_box_and_comes_back_with_it(
    desk: Desk, campaign: Campaign
) -> None:
    path = campaign.pool.tomograms[0].path
    assert path is not None
    away = path.with_name("away.mrc")
    path.rename(away)
    try:
        told: Any = [*desk.tiles([0, 35])["found"], *desk.around([0])["found"]]
        assert told[0]["missing"].startswith("expected the tomogram TS_01 as before, found no file")
        assert "\n" not in told[0]["missing"]
        assert told[1]["image"].startswith("data:image/jpeg")  # of the other tomogram
        assert told[2]["missing"].startswith(told[0]["missing"])
    finally:
        away.rename(path)
    assert "image" in desk.tiles([0])["found"][0]  # type: ignore[index, operator]


def test_rows_that_the_pool_does_not_have_and_too_many_are_refused(desk: Desk) -> None:
    with pytest.raises(CampaignError, match="expected rows of the pool, 0 to 35, found 36"):
        desk.tiles([3, 36])
    with pytest.raises(CampaignError, match=f"expected at most {MOST_ASKED} boxes at a time"):
        desk.cards([0] * (MOST_ASKED + 1))
    with pytest.raises(CampaignError, match="expected rows of the pool"):
        desk.lasso([-1])
    with pytest.raises(CampaignError, match="expected rows of the pool"):
        desk.lasso([10**30])


def test_what_is_predicted_for_boxes_of_an_audit_is_told_nowhere(
    desk: Desk, campaign: Campaign
) -> None:
    ready_audit(campaign, 60)
    drawn = audit_now(campaign)
    assert drawn is not None
    held = campaign.pool.index(list(drawn.keys)).tolist()
    cards: Any = desk.cards(held)["found"]
    assert {card["predicted"] for card in cards} == {None}
    told: Any = desk.map()["map"]
    predicted, doubt = numbers(told["predicted"], "<i2"), numbers(told["doubt"], "u1")
    shown = numbers(told["shown"], "<i2")
    assert {predicted[row] for row in held} == {shown[row] for row in held} == {NONE}
    assert {doubt[row] for row in held} == {UNTOLD}
    assert predicted.count(0) == 12
    side: Any = desk.threshold("rod", 0.5)
    assert side["n_kept"] == 24 - len(held)
    assert set(held).isdisjoint(side["above"])
    lasso: Any = desk.lasso([0, *held])
    assert (lasso["rows"], lasso["n_left_out"]) == ([0], len(held))
    assert sorted(lasso["passed"]) == sorted(drawn.keys)
    with pytest.raises(CampaignError, match="expected boxes that are in no audit"):
        desk.lasso(held)


def test_boxes_of_an_audit_that_is_drawn_while_the_page_is_open_are_told_no_more(
    desk: Desk, campaign: Campaign
) -> None:
    before: Any = desk.cards(list(range(36)))["found"]
    assert {card["predicted"] for card in before} != {None}
    ready_audit(campaign, 6)
    drawn = audit_now(campaign)
    assert drawn is not None
    held = campaign.pool.index(list(drawn.keys)).tolist()
    cards: Any = desk.cards(held)["found"]
    assert {card["predicted"] for card in cards} == {None}
    lasso: Any = desk.lasso(list(range(36)))
    assert sorted(lasso["passed"]) == sorted(drawn.keys)


@pytest.mark.parametrize("mode", ["blind", "after"])
def test_where_suggestions_are_hidden_nothing_tells_what_the_classifier_thinks(
    campaign: Campaign, asked: list[str], mode: Mode
) -> None:
    lay_out(campaign)
    desk = Desk(campaign.path, mode=mode)
    told: Any = desk.map()["map"]
    assert set(numbers(told["predicted"], "<i2")) == set(numbers(told["shown"], "<i2")) == {NONE}
    cards: Any = desk.cards([0])["found"]
    assert cards[0]["predicted"] is None
    with pytest.raises(CampaignError, match="found one that hides them"):
        desk.threshold("rod", 0.5)
    with pytest.raises(ConfigError, match="expected no filter by class"):
        desk.counts("all", {"classes": ["rod"]})
    lasso: Any = desk.lasso([0, 1])
    assert lasso["suggestions"] == [None, None]
    desk.close()


def test_the_map_comes_as_numbers_that_are_read_back(desk: Desk, campaign: Campaign) -> None:
    campaign.record("ben", [(campaign.pool.keys[4], "background")])
    told: Any = desk.map()["map"]
    assert numbers(told["rows"], "<i4") == list(range(36))
    xy = np.array(numbers(told["xy"], "<u2")).reshape(-1, 2) / 65535
    assert xy[0] == pytest.approx([0.1, 0.0], abs=1e-4)
    assert xy[35] == pytest.approx([0.9, 1.0], abs=1e-4)
    assert numbers(told["label"], "<i2")[4] == 2
    assert numbers(told["shown"], "<i2")[3:6] == [0, 2, 0]
    assert doubt_codes(np.array([0, 0.5, 1, np.nan], np.float32)).tolist() == [0, 127, 254, UNTOLD]


def test_boxes_like_one_come_the_most_like_first_and_as_a_queue(
    desk: Desk, campaign: Campaign
) -> None:
    found: Any = desk.alike("TS_01/3")
    assert found["keys"][0] == "TS_01/3"
    asked = {"queue": "keys", "order": "score", "lasso": found["lasso"]}
    page = desk.page("ana", "t", asked).html
    assert page.index('"TS_01/3"') < page.index(f'"{found["keys"][1]}"')


def test_counts_beside_the_filters_are_those_of_the_queue(desk: Desk, asked: list[str]) -> None:
    told: Any = desk.counts("query", {"probability": [0.65, 1]})
    n_rods = sum(int(key.split("/")[1]) > 0 for key in asked) - 12
    assert told["n"] == n_rods
    assert told["classes"] == {"ring": 0, "rod": n_rods, "background": 0, "": 0}
    assert desk.counts("suspicious", {})["n"] is None  # seconds: found out when it is opened


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/tiles", {"rows": [0.5]}, 400, "expected rows in /tiles"),
        ("POST", "/tiles", {"rows": [True]}, 400, "expected rows in /tiles"),
        ("POST", "/cards", {}, 400, "expected rows in /cards"),
        ("POST", "/lasso", {"rows": "all"}, 400, "expected rows in /lasso"),
        ("POST", "/counts", {"queue": "all"}, 400, "expected queue and where in /counts"),
        ("POST", "/alike", {"key": "nowhere/1"}, 400, "nowhere/1"),
        ("GET", "/threshold?class=rod&p=much", None, 400, "expected class and p in /threshold"),
        ("GET", "/threshold?class=rode&p=1", None, 400, "did you mean 'rod'"),
        ("GET", "/threshold?class=rod&p=nan", None, 400, "found nan"),
    ],
)
def test_a_question_that_is_none_gets_one_clear_line(
    campaign: Campaign, method: str, path: str, body: Any, status: int, message: str
) -> None:
    lay_out(campaign)
    with Server(Desk(campaign.path)) as server:
        found, text, _ = ask(server, method, path, body)
        assert found == status
        assert message in text
        assert text.count("\n") == 1
        assert ask(server, method, path, body, token="wrong")[0] == 403
        assert ask(server, method, path, body, Origin="https://example.org")[0] == 403


@pytest.mark.parametrize(
    "address",
    [
        {"queue": "class:ring"},
        {"queue": "suspicious"},
        {"queue": "all", "order": "least"},
        {"queue": "all", "where": '{"probability": [0.9, 1]}'},
    ],
)
def test_an_address_that_is_typed_tells_no_prediction_where_suggestions_are_hidden(
    campaign: Campaign, address: dict[str, str]
) -> None:
    desk = Desk(campaign.path, blind=True)
    with pytest.raises(ConfigError, match="where suggestions are hidden, found"):
        desk.page("ana", "token", address)
    with pytest.raises(ConfigError, match="where suggestions are hidden, found"):
        desk.events("ana", address)
    assert desk.page("ana", "token", {"queue": "all"}).html
    offered = desk.queues({"queue": "all"})["kinds"]
    assert not any({"least", "surest"} & set(one["orders"]) for one in offered)  # type: ignore
