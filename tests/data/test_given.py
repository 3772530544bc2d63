from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.data.given import masks_by_name, parse_slab
from cryoal.errors import PicksError, TomogramError
from tests.data.samples import write_mrc

if TYPE_CHECKING:
    from pathlib import Path


def masks(folder: Path, *names: str) -> list[Path]:
    return [write_mrc(folder / f"{name}.mrc", np.ones((4, 5, 6), np.int8)) for name in names]


@pytest.mark.parametrize("text", ["", "5", "5:5", "9:2", "-1:4", "a:b", "1:2:3", "1.5:3"])
def test_a_slab_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(TomogramError, match=r"^expected --slab z0:z1 in voxels.*, found"):
        parse_slab(text)


def test_masks_go_with_the_tomograms_that_are_called_alike(tmp_path: Path) -> None:
    given = masks(tmp_path, "TS_02", "TS_01")
    found = masks_by_name(given, ["TS_01", "TS_02"])
    assert {name: mask.path for name, mask in found.items()} == {
        "TS_01": given[1],
        "TS_02": given[0],
    }


def test_masks_may_be_called_masks_and_lie_in_folders_of_tomograms(tmp_path: Path) -> None:
    for name in ("TS_02", "TS_03"):
        (tmp_path / name).mkdir()
    given = [
        *masks(tmp_path, "TS_01_mask"),
        *masks(tmp_path / "TS_02", "mask"),
        *masks(tmp_path / "TS_03", "Lamella"),
        *masks(tmp_path, "TS_04_bin4_mask"),
    ]
    names = ["TS_01", "TS_02", "TS_03", "TS_04"]
    found = masks_by_name(given, names)
    assert {name: mask.path for name, mask in found.items()} == dict(zip(names, given, strict=True))
    with pytest.raises(PicksError, match=r"a mask called as a tomogram, .*, found .*other\.mrc"):
        masks_by_name(masks(tmp_path / "TS_02", "other"), names)


def test_one_mask_of_one_tomogram_may_be_called_anything(tmp_path: Path) -> None:
    given = masks(tmp_path, "lamella")
    assert masks_by_name(given, ["TS_01"])["TS_01"].path == given[0]


def test_masks_without_a_partner_are_refused(tmp_path: Path) -> None:
    given = masks(tmp_path, "TS_01", "TS_09")
    with pytest.raises(PicksError, match=r"a mask called as a tomogram, .*, found .*TS_09\.mrc"):
        masks_by_name(given, ["TS_01", "TS_02"])
    with pytest.raises(
        PicksError, match="a mask for each tomogram, found none for 1, first 'TS_02'"
    ):
        masks_by_name(given[:1], ["TS_01", "TS_02"])
    twins = [*given[:1], *masks(tmp_path, "rec_TS_01")]
    with pytest.raises(PicksError, match=r"one mask for 'TS_01', found .*TS_01.mrc and .*rec_TS"):
        masks_by_name(twins, ["TS_01", "TS_02"])
