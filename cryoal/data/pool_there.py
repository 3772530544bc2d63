"""A pool that travels: what is computed on other machines opens it again, where it is needed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryoal.data.pool import Pool
from cryoal.errors import PoolError
from cryoal.records import digest

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.pool_part import PoolPart
    from cryoal.records import Json

__all__ = ["PoolThere", "identity"]


class PoolThere:
    """A pool by its path and by what its parts are; pickled without what was opened."""

    def __init__(self, pool: Pool) -> None:
        self.path = pool.path
        self.parts = tuple((identity(part), len(part)) for part in pool.parts)
        self._pool: Pool | None = pool

    def pool(self) -> Pool:
        """The boxes.

        Raises
        ------
        PoolError
            There is no pool here, or another one.
        """
        if self._pool is None:
            self._pool = _opened(self.path, self.parts)
        return self._pool

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "parts": self.parts, "_pool": None}


@lru_cache(maxsize=2)
def _opened(path: Path, parts: tuple[tuple[str, int], ...]) -> Pool:
    pool = Pool.open(path)
    found = tuple((identity(part), len(part)) for part in pool.parts)
    if found != parts:
        raise PoolError(
            f"expected the pool of {sum(n for _, n in parts)} boxes in {path} that the work is "
            f"about, found another one, of {len(pool)} boxes: is it another disk?"
        )
    return pool


def identity(part: PoolPart) -> str:
    """What the normalised boxes of a part depend on, in 16 hexadecimal digits."""
    facts: dict[str, Json] = {
        "added": part.added,
        "n": len(part),
        "box": part.box,
        "shown": [[t.name, t.center, t.scale, t.density] for t in part.tomograms],
    }
    return digest(facts)[:16]
