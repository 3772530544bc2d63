"""Boxes of one class or of several as one picture for a talk, with a scale bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.class_boxes import boxes_of_class
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.overview import overview
from cryoal.campaign.predictions import are_current
from cryoal.campaign.sheet import Bar, Grey, Sheet, Words, format_of, save, width_of
from cryoal.campaign.thumbnails import WINDOW, orthoslices
from cryoal.commands import command
from cryoal.errors import CampaignError, ConfigError, UnknownNameError
from cryoal.progress import SILENT
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.class_boxes import ClassBoxes, Which
    from cryoal.data.pool import Pool
    from cryoal.progress import Progress

__all__ = ["PLANES", "Look", "lay_out", "scale_bar", "write_montage"]

PLANES = ("xy", "xz", "yz")
"""Slabs in the order of :func:`~cryoal.campaign.thumbnails.orthoslices`."""
MM = 72 / 25.4  # points
STEP = 64  # boxes that are in memory at a time
EDGE, GAP, INNER = 4 * MM, 1.0 * MM, 0.4 * MM
"""Margin of the sheet, between two boxes, between the slabs of one."""


@dataclass(frozen=True)
class Look:
    """How a montage looks."""

    rows: int = 4
    columns: int = 8
    planes: tuple[str, ...] = ("xy",)
    """Slabs of each box, side by side."""
    thickness: int | None = None
    """Voxels that are averaged into a slab; that of the review where None."""
    size: float = 18.0
    """Millimetres of the edge of a slab."""
    font: float = 8.0
    """Points."""
    captions: str = "probability"
    """``probability``, ``key`` or ``none``."""
    title: str | None = None
    """In place of what is said above each class; empty for nothing."""
    has_bar: bool = True
    is_inverted: bool = False
    """Whether density is dark."""
    is_dark: bool = False
    """Whether the paper is black."""
    dpi: float = 300.0

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("rows", self.rows, 1, 200),
            ("columns", self.columns, 1, 200),
            ("size", self.size, 1, 500),
            ("font", self.font, 1, 200),
            ("dpi", self.dpi, 20, 2400),
            ("thickness", self.thickness or 1, 1, 10_000),
        ):
            if not least <= value <= most:  # a nan too
                raise ConfigError(f"expected {name} between {least} and {most}, found {value:g}")
        unknown = [plane for plane in self.planes if plane not in PLANES]
        if unknown or not self.planes:
            found = ",".join(self.planes) or "none"
            raise ConfigError(f"expected planes of {', '.join(PLANES)}, found {found!r}")
        if self.captions not in ("probability", "key", "none"):
            raise ConfigError(
                f"expected captions probability, key or none, found {self.captions!r}"
            )


def write_montage(
    campaign: Campaign,
    path: Path | str,
    names: Sequence[str] = (),
    which: Which = "surest",
    look: Look | None = None,
    *,
    threshold: float | None = None,
    seed: int | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> tuple[ClassBoxes, ...]:
    """Draw boxes of each class of `names` (all classes where none is named) to `path`.

    The end of its name says how: PNG, SVG (words stay words) or PDF.

    Raises
    ------
    OutputError
        Nothing may be written to `path`, or it does not say one of these formats.
    UnknownNameError
        No such class.
    CampaignError
        Nothing has been classified, or there is no such box of any of the classes.
    ConfigError
        Sizes that are none; no threshold where nothing tells one.
    """
    path, look = Path(path), look or Look()
    kind = format_of(path)
    check_output(campaign, path, force=force)
    for name in names:
        if name not in campaign.config.classes:
            classes = campaign.config.classes
            raise UnknownNameError(f"no class called {name!r}{nearest(name, classes)}")
    whole, most = overview(campaign), look.rows * look.columns
    if which == "threshold":  # an even number of rows for each side
        most = 2 * math.ceil(look.rows / 2) * look.columns
    groups = tuple(
        group
        for name in names or campaign.config.classes
        for group in boxes_of_class(
            campaign, whole, name, which, most, threshold=threshold, seed=seed
        )
    )
    if not sum(len(group.rows) for group in groups):
        said = ", ".join(dict.fromkeys(group.name for group in groups))
        raise CampaignError(
            f"expected boxes of {said} to show, found none that "
            + ("an expert called so" if which == "labelled" else "the classifier calls so")
        )
    if which != "labelled" and not are_current(campaign):
        progress.say(
            "labels, boxes or settings are others than at the last classification, which is shown; "
            f"{command('classify', campaign.typed)} makes a new one"
        )
    sheet = lay_out(campaign.pool, groups, look, campaign.config.review.thickness)
    with writing(campaign, path, force=force, progress=progress) as file:
        save(sheet, file, kind, look.dpi)
    return groups


def scale_bar(edge_angstrom: float) -> float:
    """Length in angstrom of a bar beside boxes of this edge: 1, 2 or 5 times ten, at most half.

    Examples
    --------
    >>> scale_bar(168.3), scale_bar(480.0)
    (50.0, 200.0)
    """
    power = 10.0 ** math.floor(math.log10(edge_angstrom / 2))
    return max(f * power for f in (1, 2, 5) if f * power <= edge_angstrom / 2)


def lay_out(pool: Pool, groups: Sequence[ClassBoxes], look: Look, thickness: int = 3) -> Sheet:
    """The sheet with `groups` one below the other, each with a line above it."""
    side, font = look.size * MM, look.font
    thick = look.thickness or thickness
    wide = len(look.planes) * (side + INNER) - INNER
    caption = 0.0 if look.captions == "none" else 1.35 * font
    columns = min(look.columns, max(len(group.rows) for group in groups))
    heads = [_head(group) if look.title is None else look.title for group in groups]
    note = f"{' '.join(look.planes)} slabs {thick * pool.voxel_spacing / 10:.2g} nm thick"
    width = max(
        columns * (wide + GAP) - GAP,
        *(width_of(head, font) for head in heads),
        side + width_of("  100 nm  " + note, font) if look.has_bar else 0.0,
    )
    words: list[Words] = []
    pictures: list[Grey] = []
    y = EDGE
    for number, (group, head) in enumerate(zip(groups, heads, strict=True)):
        if head and (look.title is None or number == 0):  # a title of the user's stands once
            words.append(Words(EDGE, y + font, font, head, is_bold=True))
            y += 1.7 * font
        for at, grey in enumerate(_slabs(pool, group.rows, thick, look)):
            row, column = divmod(at, columns)
            left, top = EDGE + column * (wide + GAP), y + row * (side + caption + GAP)
            key = str(pool.keys[group.rows[at]])
            for place, plane in enumerate(look.planes):
                x = left + place * (side + INNER)
                said = f"{plane} slab of {key}"
                pictures.append(Grey(x, top, side, side, grey[PLANES.index(plane)], said))
            if text := _caption(look, key, float(group.probability[at]), wide):
                base = top + side + 1.05 * font
                words.append(Words(left + wide / 2, base, font, text, "middle"))
        y += math.ceil(len(group.rows) / columns) * (side + caption + GAP) + GAP
    bars = []
    if look.has_bar:
        edge = pool.box * pool.voxel_spacing
        length = scale_bar(edge)
        drawn = side * length / edge
        bars.append(Bar(EDGE, y + 0.45 * font, drawn, max(0.8, 0.22 * font)))
        label = f"{length / 10:g} nm"
        words.append(Words(EDGE + drawn + font / 2, y + 0.9 * font, font, label))
        words.append(Words(EDGE + width, y + 0.9 * font, font, note, "end"))
        y += 1.5 * font
    title = look.title or "; ".join(heads)
    return Sheet(width + 2 * EDGE, y + EDGE - GAP, title, pictures, words, bars, look.is_dark)


def _head(group: ClassBoxes) -> str:
    if not len(group.rows):
        return f"{group.name}: none {group.said}"
    return f"{group.name}: {group.said}, {len(group.rows)} of {group.n_all}"


def _caption(look: Look, key: str, p: float, wide: float) -> str:
    if look.captions == "none":
        return ""
    text = key if look.captions == "key" else "" if math.isnan(p) else f"{p:.3f}"
    room = max(3, int((wide + GAP / 2) / width_of("x", look.font)))
    return text if len(text) <= room else f"…{text[1 - room :]}"  # the end tells keys apart


def _slabs(
    pool: Pool, rows: NDArray[np.int64], thickness: int, look: Look
) -> list[NDArray[np.uint8]]:
    if not len(rows):
        return []
    low, high = WINDOW
    drawn = []
    for start in range(0, len(rows), STEP):
        for box in pool.read_shown(rows[start : start + STEP]):
            share = np.clip((orthoslices(box, thickness=thickness) - low) / (high - low), 0, 1)
            drawn.append(np.rint(255 * (1 - share if look.is_inverted else share)).astype(np.uint8))
    return drawn
