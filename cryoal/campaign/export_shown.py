"""Chosen boxes, out, with the classes that they have as they stand: nothing is classified anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.export_columns import NO_CLASS, NO_PROBABILITY, NUMBER, SOURCE
from cryoal.campaign.export_known import NOTHING_TOLD, TiltSeries, read_listed
from cryoal.campaign.export_parts import particles_of
from cryoal.campaign.output_folders import check_output_folder, writing_folder
from cryoal.campaign.outputs import check_output, writing
from cryoal.errors import CampaignError, UnknownNameError
from cryoal.io.picks.write import WRITERS, makes_folder, write_particles
from cryoal.progress import SILENT
from cryoal.registry import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.progress import Progress

__all__ = ["export_shown"]


def export_shown(
    campaign: Campaign,
    boxes: Overview,
    rows: NDArray[np.int64],
    to: str,
    path: Path,
    *,
    tilt_series: TiltSeries = NOTHING_TOLD,
    force: bool = False,
    progress: Progress = SILENT,
) -> list[str]:
    """Write the boxes `rows` in the format `to`; returns lines that the user should hear.

    For a window: what is written is what is on show, also before anything was classified. Columns
    are those of :func:`~cryoal.campaign.export.export` that `boxes` tells: cryoalClass,
    cryoalProbability, cryoalDecidedBy, and rlnClassNumber in STAR.

    Raises
    ------
    UnknownNameError
        No such format.
    CampaignError
        No boxes.
    OutputError
        Nothing may be written to `path`.
    PicksError
        The picks cannot go out in this format: nothing says a unit that it needs, for instance.
    """
    if to not in WRITERS.names():
        raise UnknownNameError(f"no export format called {to!r}{nearest(to, WRITERS.names())}")
    if not len(rows):
        raise CampaignError("expected boxes to save, found none that pass the filters")
    is_folder = makes_folder(to)
    (check_output_folder if is_folder else check_output)(
        campaign, path, tilt_series.tomograms, force=force
    )
    pool = campaign.pool
    rows = np.sort(rows)
    extra = _columns(campaign, boxes, rows, is_star=to != "csv")
    if len({part.source for part in pool.parts}) > 1:
        extra[SOURCE] = pool.source[rows].tolist()
    listed = read_listed(pool, tilt_series)
    parts = [particles_of(pool, part, rows, extra, (), tilt_series, listed) for part in pool.parts]
    write = writing_folder if is_folder else writing
    with write(campaign, path, force=force, progress=progress) as file:
        return list(write_particles(file, to, parts))


def _columns(
    campaign: Campaign, boxes: Overview, rows: NDArray[np.int64], *, is_star: bool
) -> dict[str, list[str]]:
    """Class, probability and who decided, of `rows`."""
    no_class, no_probability = (NO_CLASS, NO_PROBABILITY) if is_star else ("", "")
    disputed = campaign.standing().disputed
    columns: dict[str, list[str]] = {}
    shown = boxes.shown[rows].tolist()
    if is_star:
        columns[NUMBER] = [str(number + 1) for number in shown]
    columns["cryoalClass"] = [boxes.classes[n] if n >= 0 else no_class for n in shown]
    probability: list[str] = []
    decided: list[str] = []
    for row, number in zip(rows.tolist(), shown, strict=True):
        if boxes.label[row] >= 0:
            sure, by = "1.000000", "expert"
        elif boxes.is_answered[row]:
            sure = no_probability
            by = "disputed" if boxes.keys[row] in disputed else "undecided"
        elif number >= 0:
            sure, by = f"{boxes.probability[row]:.6f}", "classifier"
        else:
            sure, by = no_probability, no_class
        probability.append(sure)
        decided.append(by)
    columns["cryoalProbability"] = probability
    columns["cryoalDecidedBy"] = decided
    return columns
