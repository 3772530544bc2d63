"""What an import is going to add: which picks, under which keys, beside what the pool has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.left_out import counted
from cryoal.data.pick_sets import (
    in_pool,
    keyed,
    said_of_files,
    said_of_keys,
    said_of_names,
    set_name,
)
from cryoal.data.pool_fit import require_density, require_fit
from cryoal.data.sift import sift
from cryoal.errors import PicksError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.data.density import Density
    from cryoal.data.given import Given
    from cryoal.data.left_out import LeftOut
    from cryoal.data.pool import Pool
    from cryoal.data.sift import Sieve
    from cryoal.data.sources import Source
    from cryoal.io.picks.picks import Picks

__all__ = ["Plan", "nothing_left", "plan"]


@dataclass(frozen=True)
class Plan:
    """What an import is going to add."""

    set_name: str
    """What the set of picks is called."""
    sources: list[Source]
    """Tomograms under the names that they have in the pool, with the picks that become boxes."""
    given: dict[str, Given]
    """Where the user says that specimen is, by these names."""
    left_out: list[LeftOut]
    n_there: int
    n_close: int
    notes: list[str]
    """What the user should hear of names and keys."""


def plan(
    picks: Picks,
    sources: Sequence[Source],
    pool: Pool | None,
    sieve: Sieve,
    *,
    box: int,
    density: Density | None,
    given: Mapping[str, Given],
    told_names: Collection[str] = (),
    told_set: str | None = None,
) -> Plan:
    """Decide it, before anything is written.

    Parameters
    ----------
    density
        As told, or as the pool has it; None where neither does.
    given
        Where the user says that specimen is, by the names in the picks.
    told_names, told_set
        Names of tomograms, and of the set of picks, that the user has said.

    Raises
    ------
    PicksError
        No pick is left.
    DuplicateKeyError
        A key is in the pool already, of a box at another place.
    PoolError
        Box, voxel spacing or density are not those of the pool.
    """
    given, notes = dict(given), list[str]()
    if pool is not None:
        require_fit(pool, sources, box)
        named = [in_pool(s, pool, is_told=s.name in told_names) for s in sources]
        pairs = zip(named, sources, strict=True)
        given |= {new.name: given[old.name] for new, old in pairs if old.name in given}
        notes += said_of_names(named, sources) + said_of_files(named, pool)
        sources = named
        if density is not None:
            require_density(pool, sources, density)
    edge = box * sources[0].voxel_spacing
    sifted = [sift(source, sieve, _there(pool, source.name), edge) for source in sources]
    left_out = [one for each in sifted for one in each.left_out]
    n_there = sum(each.n_there for each in sifted)
    name = set_name(picks.path, pool, told_set)
    left = [each.source for each in sifted if len(each.source)]
    are_made = picks.convention.key_column(picks.columns) is None
    found = keyed(left, pool, name, is_told=told_set is not None, are_made=are_made)
    if are_made:  # the number may become that of another box when the file has grown
        left_out = [replace(one, key="") for one in left_out]
    elif told_set is not None:
        left_out = [replace(one, key=f"{name}/{one.key}") for one in left_out]
    if not found and not n_there:
        raise PicksError(nothing_left(picks, left_out))
    if told_set is None:
        notes += said_of_keys(found, left, name)
    n_close = sum(each.n_close for each in sifted)
    return Plan(name, found, given, left_out, n_there, n_close, notes)


def nothing_left(picks: Picks, left_out: Sequence[LeftOut]) -> str:
    """A line for when no pick becomes a box."""
    why = ", ".join(f"{n} {reason}" for reason, n in counted(left_out).items())
    return f"expected picks to cut boxes at, found none left of those in {picks.path}: {why}"


def _there(pool: Pool | None, name: str) -> NDArray[np.float64]:
    """Where the pool has boxes of the tomogram called `name`."""
    if pool is None:
        return np.empty((0, 3))
    is_its = np.array([called == name for called in pool.tomogram_names])
    return np.asarray(pool.position_zyx_angstrom[is_its[pool.tomogram]])
