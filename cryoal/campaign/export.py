"""The classified particles, out: every column that came in, and ours added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.predictions import current_predictions
from cryoal.errors import CampaignError, UnknownNameError
from cryoal.io.picks.write import WRITERS, ParticlePart, write_particles
from cryoal.progress import SILENT
from cryoal.registry import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions import Predictions
    from cryoal.data.pool import Pool
    from cryoal.data.pool_part import PoolPart
    from cryoal.progress import Progress

__all__ = ["export"]


def export(
    campaign: Campaign,
    to: str,
    path: Path,
    *,
    only_class: str | None = None,
    min_probability: float = 0.0,
    force: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Write particles in the format `to` and return how many.

    The pool is classified first where labels or boxes have been added since it last was.

    Four columns are added. ``cryoalClass``: the expert's class where there is one, else the
    teacher's; ``cryoalProbability``: the teacher's probability of that class, 1 for the expert's;
    ``cryoalDisagreement``: KL(teacher || student), nats; ``cryoalDecidedBy``: expert or teacher. A
    STAR file gets ``rlnClassNumber`` too, the place of the class in the campaign counted from 1,
    unless some of the picks came with a column of that name.

    Parameters
    ----------
    only_class
        Only particles of this class.
    min_probability
        Only particles whose ``cryoalProbability`` is at least this.
    force
        Replace a file that is not cryoal's own, or was changed since.

    Raises
    ------
    UnknownNameError
        No such format or class.
    OutputError
        Nothing may be written to `path` (see :mod:`cryoal.campaign.outputs`).
    CampaignError
        Fewer than two classes are labelled, or no particle passes the filters.
    """
    if to not in WRITERS.names():
        raise UnknownNameError(f"no export format called {to!r}{nearest(to, WRITERS.names())}")
    classes = campaign.config.classes
    if only_class is not None and only_class not in classes:
        raise UnknownNameError(f"no class called {only_class!r}{nearest(only_class, classes)}")
    check_output(campaign, path, force=force)  # now, not after a training
    predictions, pool = current_predictions(campaign, progress=progress), campaign.pool
    number, probability, by_expert = _decisions(campaign, predictions)
    index = pool.index(predictions.keys)
    keep = probability >= min_probability
    if only_class is not None:
        keep &= number == classes.index(only_class)
    if not keep.any():
        wanted = f" of class {only_class!r}" if only_class else ""
        raise CampaignError(
            f"expected particles{wanted} with a probability of at least {min_probability:g}, "
            f"found none among {len(keep)}"
        )
    rows = index[keep]
    extra = {
        "cryoalClass": [classes[n] for n in number[keep]],
        "cryoalProbability": [f"{p:.6f}" for p in probability[keep]],
    }
    if predictions.disagreement is not None:
        extra["cryoalDisagreement"] = [f"{d:.6g}" for d in predictions.disagreement[keep]]
    extra["cryoalDecidedBy"] = ["expert" if e else "teacher" for e in by_expert[keep]]
    if to != "csv" and not any("rlnClassNumber" in part.columns() for part in pool.parts):
        extra = {"rlnClassNumber": [str(n + 1) for n in number[keep]], **extra}
    parts = [_part(pool, part, rows, extra) for part in pool.parts]
    with writing(campaign, path, force=force, progress=progress) as file:
        write_particles(file, to, parts)
    return len(rows)


def _decisions(
    campaign: Campaign, predictions: Predictions
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Class number, its probability, and whether the expert decided, for each prediction."""
    number = predictions.probability.argmax(axis=1)
    probability = predictions.probability.max(axis=1)
    by_expert = np.zeros(len(number), dtype=bool)
    place = {key: i for i, key in enumerate(predictions.keys)}
    classes = campaign.config.classes
    for key, name in campaign.standing().labelled.items():
        if key in place:
            i = place[key]
            number[i], probability[i], by_expert[i] = classes.index(name), 1.0, True
    return number, probability, by_expert


def _part(
    pool: Pool,
    part: PoolPart,
    rows: NDArray[np.int64],
    extra: dict[str, list[str]],
) -> ParticlePart:
    """Those of `rows` that came with `part`, in pool order, with every column of its picks."""
    places = np.flatnonzero((rows >= part.start) & (rows < part.stop))
    here = rows[places]
    inside = (here - part.start).tolist()
    columns = {name: [cells[i] for i in inside] for name, cells in part.columns().items()}
    chosen = places.tolist()
    ours = {name: [cells[i] for i in chosen] for name, cells in extra.items()}
    names = pool.tomogram_names
    return ParticlePart(
        columns=columns,
        blocks=part.blocks(),
        format=part.source_format,
        keys=[str(key) for key in pool.keys[here]],
        tomogram=[names[t] for t in pool.tomogram[here]],
        coordinate_zyx_angstrom=pool.coordinate_zyx_angstrom[here],
        position_zyx_angstrom=pool.position_zyx_angstrom[here],
        geometry={record.name: record.geometry for record in part.tomograms},
        extra=ours,
    )
