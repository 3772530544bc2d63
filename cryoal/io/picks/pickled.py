"""Pickles, which are programs: named for what they are, with the way around."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from cryoal.errors import PicksError
from cryoal.io.picks.base import PickFormat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.base import Contents
    from cryoal.io.picks.file import PickFile
    from cryoal.io.star import StarTable

__all__ = ["Pickle"]

SUFFIXES = (".tloc", ".temb", ".tumap", ".pkl", ".pickle")
PROTOCOLS = (2, 3, 4, 5)
WAYS = {
    ".tloc": "let tomotwin_pick.py write .coords from it (-l {path}), and give those",
    ".temb": "it has embeddings and no picks: give the .coords of tomotwin_pick.py",
    ".tumap": "it has embeddings and no picks: give the .coords of tomotwin_pick.py",
}
ELSE = (
    'where you trust it, python -c "import pandas; '
    "pandas.read_pickle('{path}').to_csv('picks.csv')\" makes a table of it"
)


class Pickle(PickFormat):
    """Pickles of Python (TomoTwin's .tloc and others): refused, as loading one runs it.

    Told by the first bytes (0x80 and the protocol, 2 to 5) and by the suffixes that programs use.
    TomoTwin's ``.tloc`` is a pandas table with the references in its ``attrs``
    (``pd.read_pickle`` in ``pick_main.py``): its own program writes the ``.coords`` that are read.
    """

    name = "pickle"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the suffix, or by the first byte and the protocol."""
        head = file.head[:2]
        is_pickle = len(head) == 2 and head[0] == 0x80 and head[1] in PROTOCOLS
        return "a pickle, never loaded" if is_pickle or file.suffix in SUFFIXES else None

    @staticmethod
    def read(file: PickFile) -> Contents:
        """Never."""
        way = WAYS.get(file.suffix, ELSE).format(path=file.path)
        raise PicksError(
            f"expected picks, found a pickle in {file.path}, which is never loaded, as it can run "
            f"anything: {way}"
        )

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """Nothing was read."""
        _never(columns, path)

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Nothing was read."""
        _never(columns)

    @staticmethod
    def coordinate(*nothing: object) -> NDArray[np.float64]:
        """Nothing was read."""
        _never(*nothing)


def _never(*_: object) -> NoReturn:
    raise AssertionError("unreachable: a pickle is never read")
