"""A campaign in a notebook: what it says of itself, its table, and pictures of boxes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.class_boxes import ClassBoxes, boxes_of_class
from cryoal.campaign.montage import Look, lay_out
from cryoal.campaign.overview import overview
from cryoal.campaign.predictions_table import MEASURES, read_predictions
from cryoal.campaign.sheet import format_of, save
from cryoal.errors import CampaignError, CryoALError, OutputError
from cryoal.how_many import how_many
from cryoal.records import is_there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.class_boxes import Which
    from cryoal.campaign.sheet import Sheet

__all__ = ["Picture", "frame", "picture", "said", "table"]

SEEN = 100.0
"""Dots an inch of a picture in a notebook."""


class Picture:
    """Boxes side by side; a notebook shows it, :meth:`save` writes it."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def __repr__(self) -> str:
        return f"<Picture: {self._sheet.title}>"

    def _repr_png_(self) -> bytes:
        return self.png()

    def png(self, dpi: float = SEEN) -> bytes:
        """The picture as the bytes of a PNG file."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "picture.png"
            save(self._sheet, file, ".png", dpi)
            return file.read_bytes()

    def save(self, path: Path | str, dpi: float = 300.0) -> None:
        """Write it as PNG, SVG or PDF, by the end of the name; a file that is there is kept.

        Raises
        ------
        OutputError
            There is a file already, or the name does not say one of these formats.
        """
        path = Path(path)
        kind = format_of(path)
        if path.exists():
            raise OutputError(f"expected a new file, found something at {path}")
        save(self._sheet, path, kind, dpi)


def said(campaign: Campaign) -> str:
    """The campaign in a line, as a notebook shows it; never an error."""
    where, classes = str(campaign.typed), ", ".join(campaign.config.classes)
    try:
        boxes = "no boxes yet"
        if campaign.has_pool:
            pool = campaign.pool
            tomograms = how_many(len(set(pool.tomogram_names)), "tomogram")
            boxes = f"{how_many(len(pool), 'box', spec=',')} of {pool.box}^3 from {tomograms}"
        labels = len(campaign.standing().labelled)
        cycles = len(campaign.cycles())
    except (CryoALError, OSError) as error:
        return f"<Campaign {where!r}: {classes}; damaged: {error}>"
    return (
        f"<Campaign {where!r}: {classes}; {boxes}; {how_many(labels, 'label')}; "
        f"{how_many(cycles, 'cycle')}>"
    )


def table(campaign: Campaign) -> dict[str, NDArray[Any]]:
    """A column for each thing that is known of every box, in pool order, by name.

    ``key``, ``tomogram``, ``x_angstrom``, ``y_angstrom``, ``z_angstrom``, ``score`` (the picker's)
    and ``label`` (the expert's; "" without). After a classification, which may be older than the
    labels: ``class`` ("" where a box has none), ``decided_by``, ``p_<class>`` for each class,
    ``agreement``, ``entropy``, ``novelty`` and ``disagreement`` (nan where not told).
    """
    pool, labelled = campaign.pool, campaign.standing().labelled
    names = np.array(pool.tomogram_names, dtype=object)
    z, y, x = pool.position_zyx_angstrom.T
    found: dict[str, NDArray[Any]] = {
        "key": pool.keys,
        "tomogram": names[pool.tomogram],
        "x_angstrom": x,
        "y_angstrom": y,
        "z_angstrom": z,
        "score": pool.score,
        "label": np.array([labelled.get(key, "") for key in pool.keys], dtype=object),
    }
    if not is_there(campaign.path / "predictions.csv"):
        return found
    told = read_predictions(campaign)
    if told.keys != pool.keys.tolist():
        raise CampaignError(
            f"expected a classification of the boxes of now in {campaign.typed}, found one of "
            f"{len(told.keys)} boxes: classify again"
        )
    found["class"] = np.array([name or "" for name in told.label], dtype=object)
    found["decided_by"] = np.array(told.decided_by, dtype=object)
    for number, name in enumerate(campaign.config.classes):
        found[f"p_{name}"] = told.probability[:, number]
    for name in MEASURES:
        values = getattr(told, name)
        found[name] = np.full(len(pool), np.nan) if values is None else values
    return found


def frame(campaign: Campaign) -> Any:
    """:func:`table` as a pandas ``DataFrame`` with the keys as index.

    Raises
    ------
    CampaignError
        pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise CampaignError(
            "expected pandas for a DataFrame, found none: pip install pandas, or take table(), "
            "which gives the columns"
        ) from None
    return pd.DataFrame(table(campaign)).set_index("key")


def picture(
    campaign: Campaign, of: str | Sequence[str], n: int = 24, which: Which = "surest"
) -> Picture:
    """Boxes to look at: of a class, or those with these keys.

    Parameters
    ----------
    of
        A class, or keys of boxes.
    n
        Boxes at most.
    which
        Of a class: see :data:`cryoal.campaign.class_boxes.WHICH`.

    Raises
    ------
    UnknownNameError, UnknownKeyError
        No such class or key.
    CampaignError
        Nothing has been classified, or there is no box of that class.
    """
    look = Look(columns=8, rows=max(1, -(-n // 8)), captions="key")
    if isinstance(of, str):
        groups = boxes_of_class(campaign, overview(campaign), of, which, n)
        if not any(len(group.rows) for group in groups):
            raise CampaignError(f"expected boxes of {of} to show, found none in {campaign.typed}")
        look = Look(columns=8, rows=look.rows)
    else:
        rows = campaign.pool.index(list(of)[:n])
        if not len(rows):
            raise CampaignError("expected keys of boxes to show, found none")
        nobody = np.full(len(rows), np.nan, np.float32)
        groups = (ClassBoxes("boxes", "these", rows, nobody, len(of)),)
    return Picture(lay_out(campaign.pool, groups, look, campaign.config.review.thickness))
