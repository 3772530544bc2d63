"""A map as a picture: points in the colours of what they are, names where most of them lie."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup, escape

from cryoal.campaign.map_groups import groups_of
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.overview import overview
from cryoal.errors import OutputError
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.map import Map
    from cryoal.campaign.map_groups import Group

__all__ = ["as_svg", "require_picture", "write_picture"]

EDGE, MARGIN, LINE, FONT = 480.0, 10.0, 20.0, 13.0
"""Of the square of points, around it, of a line of the legend, of its words."""
ENDS = (".png", ".svg")
SCALE = 3  # pixels of a PNG for each unit of the drawing
CELLS = 24  # squares along an edge in which points are counted for the place of a name


def require_picture(campaign: Campaign, path: Path, *, force: bool = False) -> None:
    """Raise OutputError where no picture may be written to `path`, or it ends otherwise."""
    if path.suffix.lower() not in ENDS:
        raise OutputError(f"expected a name that ends in .png or .svg, found {path}")
    check_output(campaign, path, force=force)


def write_picture(
    campaign: Campaign, found: Map, path: Path, by: str = "class", *, force: bool = False
) -> None:
    """Draw `found` to `path`, a PNG or SVG by the end of its name.

    Raises
    ------
    OutputError
        Nothing may be written to `path`, or it ends otherwise.
    ConfigError
        `by` is nothing that points are coloured by.
    """
    require_picture(campaign, path, force=force)
    groups = groups_of(found, overview(campaign), by, campaign.config.review.junk)
    with writing(campaign, path, force=force) as file:
        if path.suffix.lower() == ".svg":
            file.write_text(as_svg(found, groups, by), encoding="utf-8")
        else:
            file.write_bytes(_as_png(found, groups))


def as_svg(found: Map, groups: Sequence[Group], by: str, most: int | None = None) -> Markup:
    """The map as one SVG element; of more points than `most` so many are drawn, by chance.

    Words and the ground take the colours of the page that it is in.
    """
    kept = _some(found, most)
    height = EDGE + 2 * MARGIN + LINE * len(groups)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {EDGE + 2 * MARGIN:g} {height:g}" '
        f'role="img" font-family="sans-serif" font-size="{FONT:g}" fill="currentColor" '
        f'style="max-width:{EDGE + 2 * MARGIN:g}px">',
        f"<title>Map of {escape(found.said)}, coloured by {escape(by)}</title>",
        f"<desc>{escape(_told(groups))}</desc>",
    ]
    width = _dot(len(kept))
    xy = found.xy * EDGE + MARGIN
    for group in groups:
        points = xy[group.points[np.isin(group.points, kept)]]
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points.tolist())
        parts.append(
            f'<path d="{dots}" fill="none" stroke="{group.colour}" stroke-width="{width:g}" '
            'stroke-linecap="round"/>'
        )
    for group in groups:
        if group.is_named:
            x, y = _place(found.xy[group.points]) * EDGE + MARGIN
            parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-weight="bold" '
                'stroke="#ffffff" stroke-width="3" paint-order="stroke" fill="#000000">'
                f"{escape(group.name)}</text>"
            )
    for number, group in enumerate(groups):
        y = EDGE + 2 * MARGIN + LINE * number + FONT / 2
        parts.append(
            f'<circle cx="{MARGIN + 5:g}" cy="{y:g}" r="5" fill="{group.colour}"/>'
            f'<text x="{MARGIN + 16:g}" y="{y + FONT / 3:.1f}">{escape(_said(group))}</text>'
        )
    return Markup("".join([*parts, "</svg>"]))  # every word in it is escaped


def _as_png(found: Map, groups: Sequence[Group]) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    def scaled(length: float) -> int:
        return round(length * SCALE)

    height = EDGE + 2 * MARGIN + LINE * len(groups)
    page = Image.new("RGB", (scaled(EDGE + 2 * MARGIN), scaled(height)), "#ffffff")
    draw: Any = ImageDraw.Draw(page)
    radius = _dot(len(found.xy)) * SCALE / 2
    xy = (found.xy * EDGE + MARGIN) * SCALE
    for group in groups:
        for x, y in xy[group.points].tolist():
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=group.colour)
    font = ImageFont.load_default(size=scaled(FONT))
    for group in groups:
        if group.is_named:
            x, y = (_place(found.xy[group.points]) * EDGE + MARGIN) * SCALE
            draw.text((x, y), group.name, "#000000", font, "mm", stroke_width=4, stroke_fill="#fff")
    for number, group in enumerate(groups):
        y = scaled(EDGE + 2 * MARGIN + LINE * number + FONT / 2)
        x, r = scaled(MARGIN + 5), scaled(5)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=group.colour)
        draw.text((scaled(MARGIN + 16), y), _said(group), "#000000", font, "lm")
    buffer = io.BytesIO()
    page.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _some(found: Map, most: int | None) -> NDArray[np.int64]:
    n = len(found.xy)
    if most is None or n <= most:
        return np.arange(n)
    return np.sort(stream(0, "points drawn").choice(n, most, replace=False))


def _dot(n: int) -> float:
    """Width of a point: the more there are, the smaller."""
    return float(np.clip(140 / np.sqrt(max(n, 1)), 1.2, 7.0))


def _place(xy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where most of these points are: the middle of those in the fullest square."""
    cell = np.minimum((xy * CELLS).astype(np.int64), CELLS - 1)
    number = cell[:, 0] * CELLS + cell[:, 1]
    found: NDArray[np.float32] = xy[number == np.bincount(number).argmax()].mean(axis=0)
    return found


def _said(group: Group) -> str:
    return f"{group.name}: {len(group.points):,}"


def _told(groups: Sequence[Group]) -> str:
    return "; ".join(_said(group) for group in groups)
