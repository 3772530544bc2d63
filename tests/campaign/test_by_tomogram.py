"""Each tomogram is left out once, and what is said of it comes from the labels of the others."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.by_tomogram import ByTomogram, OneLeftOut, by_tomogram
from cryoal.campaign.described import current_columns
from cryoal.campaign.drift import told_apart
from cryoal.campaign.leave_out import groups_of
from cryoal.cli import main
from cryoal.descriptors.columns import Moments
from cryoal.errors import CampaignError
from cryoal.estimate.audit import Estimate
from cryoal.estimate.auroc import auroc
from cryoal.estimate.fisher import fisher
from tests.campaign.test_classifier import with_settings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def described(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Heads decide, and every box is described."""
    path = tmp_path_factory.mktemp("by_tomogram") / "campaign"
    shutil.copytree(original, path)
    campaign = with_settings(
        Campaign.open(path), ('use = "pair"', 'use = "heads"'), ('"vicreg"', '"none"')
    )
    current_columns(campaign)
    return path


@pytest.fixture
def heads(described: Path, tmp_path: Path) -> Campaign:
    shutil.copytree(described, tmp_path / "heads")
    return Campaign.open(tmp_path / "heads")


def label(campaign: Campaign, truth: dict[str, str], names: dict[str, str], step: int = 2) -> None:
    """Every `step`-th box; in TS_01 classes have other `names`."""
    rows = [
        (key, names.get(truth[key], truth[key]) if key.startswith("TS_01") else truth[key])
        for key in campaign.pool.keys[::step].tolist()
    ]
    campaign.record("ann", rows)


def test_heads_that_are_asked_about_a_tomogram_know_none_of_its_labels(
    heads: Campaign, truth: dict[str, str]
) -> None:
    label(heads, truth, {"ring": "rod", "rod": "background", "background": "ring"})
    found = by_tomogram(heads)
    assert [part.name for part in found.parts] == ["TS_01", "TS_02"]
    for part in found.parts:  # they call its boxes by what the others call them
        hits, n = cast("tuple[int, int]", part.labels_right)
        assert (n, part.labels, part.labels_elsewhere, part.boxes) == (9, 9, 9, 18)
        assert hits <= 3
        assert (part.audit, part.alone, part.with_all) == ((0, 0), None, None)
    assert found.alone is None
    assert not found.are_blocks
    header, first, *_ = found.lines()
    assert header.split()[:4] == ["tomogram", "boxes", "labels", "audit"]
    assert first.split()[:6] == ["TS_01", "18", "9", "0", "unknown", "unknown"]


def test_the_audit_says_how_right_they_are(heads: Campaign, truth: dict[str, str]) -> None:
    label(heads, truth, {}, step=3)
    drawn = draw_audit(heads, 24).keys  # all that are left: no doubt remains
    heads.record("ann", [(key, truth[key]) for key in drawn[:-1]], is_audit=True)
    heads.record("ann", [(drawn[-1], None)], is_audit=True)
    found = by_tomogram(heads)
    assert sum(part.audit[1] for part in found.parts) == 23
    for part in found.parts:
        assert part.alone is not None
        assert part.alone.value == pytest.approx(part.audit[0] / part.audit[1])
        assert part.alone.high - part.alone.low < 0.2
    assert found.alone is not None
    hits = sum(part.audit[0] for part in found.parts)
    assert found.alone.value == pytest.approx(hits / 23)
    assert hits > 12  # of three classes
    assert any(line.startswith("all together: accuracy ") for line in found.lines())


def test_a_tomogram_that_has_the_only_labels_leaves_nothing_to_learn_from(
    heads: Campaign, truth: dict[str, str]
) -> None:
    keys = [key for key in heads.pool.keys.tolist() if key.startswith("TS_02")][:9]
    heads.record("ann", [(key, truth[key]) for key in keys])
    drawn = draw_audit(heads, 12).keys
    heads.record("ann", [(key, truth[key]) for key in drawn], is_audit=True)
    first, second = by_tomogram(heads).parts
    assert first.alone is not None
    assert first.labels_right is None
    assert (second.alone, second.labels_right, second.labels_elsewhere) == (None, None, 0)


def test_without_labels_it_is_refused_in_a_line(
    heads: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CampaignError, match="labels of at least two classes"):
        by_tomogram(heads)
    assert main(["audit", str(heads.path), "--by-tomogram", "-n", "3"]) == 2
    assert "--by-tomogram, or a draw" in capsys.readouterr().err


def test_the_command_prints_lines_or_json(
    heads: Campaign, truth: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    label(heads, truth, {})
    assert main(["audit", str(heads.path), "--by-tomogram"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["tomogram", "TS_01", "TS_02"]
    assert main(["audit", str(heads.path), "--by-tomogram", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [part["name"] for part in facts["parts"]] == ["TS_01", "TS_02"]


# the parts of the only tomogram


def pool_of(
    position: NDArray[np.float64],
    names: tuple[str, ...] = ("TS",),
    group: NDArray[np.int64] | None = None,
) -> Campaign:
    """As much of a campaign as its boxes' places."""
    pool = SimpleNamespace(
        tomogram_names=list(names),
        tomogram=np.arange(len(position)) % len(names),
        position_zyx_angstrom=position,
        group=np.arange(len(position)) if group is None else group,
        box=10,
        voxel_spacing=2.0,
    )
    return cast("Campaign", SimpleNamespace(pool=pool, config=SimpleNamespace(seed=0)))


def test_parts_of_the_only_tomogram_lie_along_its_longest_axis_a_box_apart() -> None:
    position = np.zeros((41, 3))
    position[:, 1] = np.arange(41) * 10.0  # angstrom; an edge is 20
    groups = groups_of(pool_of(position))
    assert [int(group.here.sum()) for group in groups] == [10, 10, 10, 11]
    assert np.sum([group.here for group in groups], axis=0).tolist() == [1] * 41
    assert groups[1].name == "y 100 to 190 A"
    # from 80 on a box would reach into the part; 80 itself only touches it
    assert np.flatnonzero(groups[1].near).tolist() == list(range(9, 21))
    assert all(group.is_block for group in groups)


def test_what_is_of_a_filament_with_a_box_in_a_part_is_not_learned_from_beside_it() -> None:
    position = np.zeros((41, 3))
    position[:, 1] = np.arange(41) * 10.0
    group = np.arange(41)
    group[[5, 15, 40]] = 15  # one filament with a box in the first, second and last part
    parts = groups_of(pool_of(position, group=group))
    assert np.flatnonzero(parts[1].near).tolist() == [5, *range(9, 21), 40]
    assert 5 not in np.flatnonzero(parts[2].near)


def test_a_tomogram_that_was_added_twice_is_one() -> None:
    groups = groups_of(pool_of(np.zeros((9, 3)), ("A", "B", "A")))
    assert [(g.name, int(g.here.sum()), g.is_block) for g in groups] == [
        ("A", 6, False),
        ("B", 3, False),
    ]


def test_of_boxes_in_one_place_there_is_one_part() -> None:
    (group,) = groups_of(pool_of(np.zeros((9, 3))))
    assert group.here.all()


# drift


@dataclass
class Numbers:
    """Columns that are at hand."""

    values: NDArray[np.float64]
    names: tuple[str, ...] = ("x",)

    def read(self, name: str, index: NDArray[np.int64]) -> NDArray[np.float32]:
        del name
        return self.values[index].astype(np.float32)

    def moments(self, name: str) -> Moments:
        del name
        return Moments(self.values.mean(axis=0), self.values.std(axis=0))


def apart(shift: float, n: int = 200) -> tuple[float, float, float] | None:
    rng = np.random.default_rng(0)
    here = np.arange(2 * n) < n
    values = rng.normal(size=(2 * n, 30))
    values[here, 0] += shift
    campaign = pool_of(rng.random((2 * n, 3)), ("A", "B"))
    cast("Any", campaign).pool.tomogram = here.astype(int)
    return told_apart(campaign, cast("Any", Numbers(values)), here)


def test_boxes_of_a_tomogram_that_looks_different_can_be_told_from_the_others() -> None:
    same, other = apart(0.0), apart(3.0)
    assert same is not None
    assert other is not None
    assert same[1] < 0.5 < same[2]
    # a shift of s in one of 30 columns of deviation 1: at best Phi(s / sqrt(2)) = 0.983
    assert 0.93 < other[0] < 0.99
    assert other[1] > 0.9


def test_of_few_boxes_nothing_is_said() -> None:
    assert apart(3.0, n=19) is None


def test_the_area_counts_pairs() -> None:
    value, low, high = auroc([2, 3, 3], [1, 2, 3])
    assert value == pytest.approx(6.5 / 9)
    assert 0 < low < value < high < 1
    assert auroc([1], [0, 0])[1:] == (0.0, 1.0)
    assert np.isnan(auroc([], [1])[0])
    value, low, high = auroc(range(10, 20), range(10))
    assert (value, high) == (1.0, 1.0)
    assert low < 0.98


def test_a_part_that_is_right_less_often_is_named() -> None:
    some = Estimate(0.9, 0.8, 1.0, 30)

    def part(name: str, hits: int, n: int) -> OneLeftOut:
        return OneLeftOut(name, 100, 9, 18, (hits, n), some if n else None, some, None, None)

    parts = (part("A", 19, 20), part("B", 8, 20), part("C", 18, 20), part("D", 0, 0))
    found = {one.name: p for one, p in ByTomogram(parts, False, some, some).differing()}
    assert found["B"] == pytest.approx(3 * fisher(8, 20, 37, 40))
    assert found["B"] == min(found.values()) < 0.001
    assert "D" not in found
    assert not ByTomogram((parts[0], parts[2]), False, some, some).differing()


def test_fishers_p_counts_the_tables_that_are_as_unlikely() -> None:
    # 9 hits in all: of 10 boxes 8 in C(10, 8) C(6, 1) = 270 ways, 9 in 10, 3 in 120; 4 to 7 in more
    assert fisher(8, 10, 1, 6) == pytest.approx((270 + 10 + 120) / 11440)
    assert fisher(2, 4, 2, 4) == pytest.approx(1)
    assert fisher(0, 0, 3, 4) == pytest.approx(1)
