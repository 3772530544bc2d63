"""axe-core finds no serious fault, in any view, in light and dark."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cryoal.browser.desk import Desk
from tests.browser.driven.conftest import ready, until
from tests.browser.driven.mapped import lay_out

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from cryoal.campaign import Campaign
    from tests.browser.driven.conftest import Desktop

AXE = Path(os.environ.get("CRYOAL_TEST_AXE") or Path(sys.prefix) / "axe.min.js")

pytestmark = pytest.mark.skipif(
    not AXE.is_file(), reason=f"no axe-core at {AXE}: make test fetches it where there is npm"
)

RUN = """async (rules) => (await axe.run(document, { resultTypes: ["violations"],
    ...(rules.length && { runOnly: { type: "rule", values: rules } }) })).violations
  .map(({ id, impact, nodes }) => [impact, id, nodes.map((node) => node.html.slice(0, 120))])"""


def faults(page: Page) -> list[object]:
    """What axe finds that keeps somebody from using the page; in the dark, colours alone differ."""
    found = []
    for scheme, rules in (("light", []), ("dark", ["color-contrast"])):
        page.emulate_media(color_scheme=scheme)
        found += [[scheme, *fault] for fault in page.evaluate(RUN, rules)]
    return [fault for fault in found if fault[1] in ("serious", "critical")]


def test_nothing_keeps_anybody_from_using_the_page(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    lay_out(campaign)
    with desktop.serve(Desk(campaign.path)) as server:
        page = desktop.open(server.address("ana"), reduced_motion="reduce")
        page.context.add_init_script(path=AXE)
        page.reload()
        ready(page)
        for key in "123uf":
            page.keyboard.press(key)
        until(page, "document.querySelectorAll('.card [data-tile=there]').length === 20")
        assert faults(page) == []
        for key, sign in {
            "Shift+Q": "document.querySelector('#queues-says').textContent.endsWith('boxes')",
            "Shift+R": "document.querySelector('#steps button')",
            "Shift+T": "document.querySelector('#above .peek')",
            "Shift+M": "document.querySelector('#point .peek')",
            "?": "document.querySelector('#sheet').open",
        }.items():
            page.keyboard.press(key)
            until(page, sign)
            if key == "Shift+M":
                page.locator("#map-nearest").click()
                until(page, "document.querySelector('#sample .peek')")
            assert faults(page) == [], key
            page.keyboard.press("Escape")
            page.keyboard.press("Escape")
