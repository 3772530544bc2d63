"""Pages of `cryoal serve`: a template, its scripts, what they have to know, one nonce for all."""

from __future__ import annotations

import secrets
from importlib import resources
from typing import TYPE_CHECKING

from cryoal.browser.inline import script_json
from cryoal.browser.routes import as_page
from cryoal.pages import page_templates

if TYPE_CHECKING:
    from cryoal.browser.routes import Reply
    from cryoal.records import Json

__all__ = ["filled"]

STYLES = ("review.css", "place/place.css")
"""Colours, buttons and letters are those of the review; the second has what it has not."""


def filled(name: str, title: str, facts: dict[str, Json]) -> Reply:
    """The page of ``place/NAME.html.j2``, with ``place.js`` and ``NAME.js``."""
    from markupsafe import Markup

    from cryoal.browser.page import policy

    folder, nonce = resources.files("cryoal.browser") / "templates", secrets.token_urlsafe(16)
    scripts = [(folder / "place" / f"{file}.js").read_text("utf-8") for file in ("place", name)]
    html = (
        page_templates("cryoal.browser")
        .get_template(f"place/{name}.html.j2")
        .render(
            title=title,
            policy=policy(nonce),
            nonce=nonce,
            style=Markup("\n".join((folder / file).read_text("utf-8") for file in STYLES)),
            script=Markup("\n".join(scripts)),
            facts=Markup(script_json(facts)),
        )
    )
    return as_page(html, nonce)
