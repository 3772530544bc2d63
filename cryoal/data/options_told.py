"""What the user said when picks were added: kept with the part, to be said again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.data.sift import Sieve
    from cryoal.io.picks.picks import Picks
    from cryoal.io.volumes.base import Told
    from cryoal.records import Json

__all__ = ["options_told"]


def options_told(
    picks: Picks,
    sieve: Sieve,
    volume: Told,
    *,
    named: Mapping[str, Path] | None,
    source: str | None,
    show: Sequence[Path] = (),
    lazy: bool = False,
) -> dict[str, Json]:
    """By option of ``cryoal add``, with ``_`` for ``-``; what was not said is not there.

    `volume` is what was said of the tomograms' files; the rest are arguments of
    :func:`cryoal.data.extract.extract`.
    """
    told: dict[str, Json] = {
        "voxel_size": volume.voxel_spacing,
        "unit": volume.unit,
        "level": volume.level,
        "axes": volume.axes,
        "show": [str(path.absolute()) for path in show],
        "name": {name: str(path.absolute()) for name, path in (named or {}).items()},
        "source": source,
        "coordinate_spacing": picks.coordinate_spacing,
        "switches": dict(picks.switches),
        **{option: list(values) for option, values in picks.asked.items()},
        "outside": None if sieve.outside == "refuse" else sieve.outside,
        "min_distance": sieve.min_distance,
        "min_score": sieve.min_score,
        "lazy": lazy or None,
    }
    return {option: value for option, value in told.items() if value not in (None, {}, [])}
