"""Segmentation goes the same way as classification, with masks for classes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.companions.build import build_team
from cryoal.companions.vaal import Vaal
from cryoal.config import make_config
from cryoal.data.datasets.images import ImageSource
from cryoal.errors import ConfigError, FileFormatError
from cryoal.scoring.pixels import pixel_confusions
from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy, needs_for
from cryoal.study.arrange import arrange
from cryoal.study.by_budget import miou_curve
from cryoal.study.compare import cells, compare
from cryoal.study.config import read_study
from cryoal.study.dataset import images_dataset
from cryoal.training.fit import fit_team
from cryoal.training.metrics import from_confusion
from tests.study.images import write_study
from tests.study.masks import MASKS, squares, write_masks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

WORK = (
    *("knowledge-transfer", "random", "entropy", "margin", "least-confidence"),
    *("power-entropy", "power-margin", "power-least-confidence", "committee"),
    *("core-set", "vaal", "ll4al", "gradient-norm", "typiclust", "maxherding", "uherding"),
    *("feature-attention", "feature-mse", "feature-l1"),
)


def run(folder: Path, text: str = MASKS) -> list[dict[str, Any]]:
    return compare(read_study(write_masks(folder, text)), folder / "out")


def cycle(folder: Path, cell: str, number: int) -> dict[str, Any]:
    file = folder / "out" / "cells" / cell / f"cycle_{number:03d}.json"
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@pytest.mark.parametrize("name", WORK)
def test_a_campaign_of_masks(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vaal, "least_steps", 4)
    rows = run(tmp_path, MASKS.replace('["knowledge-transfer"]', f'["{name}"]'))
    assert [row["n_labelled"] for row in rows] == [8, 12]
    assert rows[0]["n_picked"] == 4
    for row in rows:
        assert 0 <= row["miou"] <= row["accuracy"] <= 1
        assert sum(row["support"]) == 8 * 15 * 16  # the first line of each mask is ignored
        assert row["bound"] is None
    assert (rows[0]["student_accuracy"] is None) == ("student" not in _companions(name))


def _companions(name: str) -> list[str]:
    from cryoal.scoring.fields import companions_for

    return companions_for(needs_for(make_strategy(name), "segmentation"))


@pytest.mark.parametrize("name", sorted(set(STRATEGIES.builtins) - set(WORK)))
def test_other_strategies_say_what_a_segmentation_cannot_give(name: str, tmp_path: Path) -> None:
    study = read_study(write_masks(tmp_path, MASKS.replace("knowledge-transfer", name)))
    with pytest.raises(ConfigError, match=f"needs a segmentation can give, found {name}, which"):
        cells(study, tmp_path / "out")


def test_the_lacking_needs_are_named() -> None:
    with pytest.raises(ConfigError, match=r"found badge, which needs log_posterior$"):
        needs_for(make_strategy("badge"), "segmentation")
    assert needs_for(make_strategy("badge"), "classification") == make_strategy("badge").needs


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cycles = 1", "cycles = 1\ncalibrate = true", "calibrate = false for a segmentation"),
        ("[data]", "[oracle]\nnoise = 0.1\n[data]", "oracle.noise = 0 for a segm.*, found 0.1"),
        ("cycles = 1", 'cycles = 1\ndeeper = "drn-d-22-pooled"', "as deeper, found 'drn-d-22-p"),
        ("=drn-d-22", "=drn-d-22-pooled", "each pixel, for masks, found drn-d-22-pooled as teac"),
        ("=drn-d-14", "=drn-d-14-pooled", "each pixel, for masks, found drn-d-14-pooled as stud"),
    ],
)
def test_what_masks_cannot_give_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in MASKS
    with pytest.raises(ConfigError, match=message):
        run(tmp_path, MASKS.replace(old, new))


def test_a_dense_backbone_for_one_class_an_image_is_refused(tmp_path: Path) -> None:
    write_study(tmp_path)
    (tmp_path / "study.toml").write_text(MASKS)
    with pytest.raises(ConfigError, match=r"each box, not for each pixel, found drn-d-22 as teac"):
        compare(read_study(tmp_path / "study.toml"), tmp_path / "out")


def test_an_annotator_may_abstain(tmp_path: Path) -> None:
    rows = run(tmp_path, MASKS + "\n[oracle]\nabstain = 0.5\n")
    assert rows[0]["n_labelled"] < 8
    answers = cycle(tmp_path, "knowledge-transfer-0", 0)["answers"]
    assert rows[1]["n_labelled"] - rows[0]["n_labelled"] == sum(c is not None for _, c in answers)


def test_little_is_kept_of_a_cycle(tmp_path: Path) -> None:
    text = MASKS.replace("cycles = 1", 'cycles = 1\ngradients = true\ndeeper = "drn-d-14"')
    rows = run(tmp_path, text)
    assert rows[0]["high_gradient"] in range(5)
    assert 0 <= rows[1]["deeper_accuracy"] <= 1
    found = cycle(tmp_path, "knowledge-transfer-0", 1)
    assert len(found["predicted"]) == 29 * 64  # of 16 x 16 pixels an 8 x 8 grid
    assert len(found["agreement"]) == 1
    table = miou_curve(arrange(rows))
    assert table is not None
    assert [cell.mean for cell in table.rows[0][1:]] == [row["miou"] for row in rows]  # type: ignore[union-attr]


class Stopper:
    """Does what Ctrl-C does after so many epochs."""

    def __init__(self, epochs: int) -> None:
        self.left = epochs

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        for item in items:
            if unit == "epochs":
                if self.left == 0:
                    raise KeyboardInterrupt
                self.left -= 1
            yield item

    def say(self, line: str) -> None:
        pass


def test_a_killed_study_ends_in_the_same_rows(tmp_path: Path) -> None:
    text = MASKS.replace("train.epochs=1", "train.epochs=2")
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole = run(tmp_path / "whole", text)
    study = read_study(write_masks(tmp_path / "killed", text))
    with pytest.raises(KeyboardInterrupt):
        compare(study, tmp_path / "killed" / "out", progress=Stopper(3))
    resumed = compare(study, tmp_path / "killed" / "out")
    for one, other in zip(whole, resumed, strict=True):
        assert one | {"seconds": None} == other | {"seconds": None}


def test_other_masks_are_another_cell(tmp_path: Path) -> None:
    (one,) = cells(read_study(write_masks(tmp_path)), tmp_path / "out")
    before = one.identity()
    one.dataset.targets[7, 4, 4] += 1
    assert one.identity() != before


def test_masks_are_read(tmp_path: Path) -> None:
    write_masks(tmp_path)
    data = images_dataset(tmp_path / "images.npz", None, None)
    assert data.task == "segmentation"
    assert data.targets.shape == (38, 16, 16)
    assert (data.targets[:, 0] == -1).all()
    assert data.targets[:3, 1:].min() == 0
    assert 3 not in data.train  # all of it is ignored
    assert len(data.train) == 29
    assert data.main_class[3] == -1
    assert set(data.main_class.tolist()) == {-1, 0}
    data.targets[5] = np.array([2] * 9 + [1] * 7)
    data.__dict__.pop("main_class")
    assert data.main_class[5] == 2


@pytest.mark.parametrize(
    ("name", "labels", "message"),
    [
        ("labels", np.zeros((30, 8, 16), int), r"masks \(n, 16, 16\), .* found \(30, 8, 16\)"),
        ("labels", np.zeros(30, int), r"found \(30,\) and \(8, 16, 16\)"),
        ("labels", np.full((30, 16, 16), 3), "labels 0 to 2 in .*, found 3"),
        ("labels", np.full((30, 16, 16), 65536), "labels 0 to 2 in .*, found 65536"),
        ("labels", np.full((30, 16, 16), -2), "labels 0 to 2 in .*, found -2"),
        ("labels", np.zeros((30, 16, 16)), "integers as labels in .*, found float64"),
        ("test_labels", np.full((8, 16, 16), 255), "pixels that count, found none"),
    ],
)
def test_masks_that_are_none_are_refused(
    tmp_path: Path, name: str, labels: np.ndarray[Any, Any], message: str
) -> None:
    write_masks(tmp_path)
    arrays = dict(np.load(tmp_path / "images.npz"))
    np.savez(tmp_path / "images.npz", **(arrays | {name: labels}))
    with pytest.raises(FileFormatError, match=message):
        images_dataset(tmp_path / "images.npz", None, None)


def test_squares_are_found() -> None:
    """Far above what the commonest class alone gives."""
    n, side = 40, 32
    images, masks = squares(2 * n, side, 0, edge=16)
    truth = np.where(masks == 255, -1, masks.astype(np.int64))
    source = ImageSource(images, np.full(3, 0.4), np.full(3, 0.2))
    settings = [
        "model.teacher=drn-d-14",
        "model.stem=imagenet",
        "model.channels=3",
        "model.width=8",
        "augment.rotations=false",
        "augment.shift=1",
        "train.epochs=12",
        "train.batch_size=8",
        "device=cpu",
    ]
    config = make_config(("ground", "red", "green"), "laptop", settings)
    team = build_team(config, (), seed=0, shape=(3, side, side))
    history = fit_team(team, source, np.arange(n), truth[:n], config, seed=0)
    counts = pixel_confusions({"": team.teacher}, source, np.arange(n, 2 * n), truth, 3)[""]
    found, majority = from_confusion(counts), counts.sum(axis=1).max() / counts.sum()
    assert majority < 0.75
    assert found.accuracy > 0.88
    assert found.mean_iou > 0.7
    assert history.epochs[-1]["teacher_accuracy"] > 0.88
