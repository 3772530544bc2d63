"""Cells of an experiment end as rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import rows
from benchmarks.paper.data import limited
from benchmarks.paper.protocol import Protocol, protocol
from benchmarks.paper.run import run
from cryoal.data.datasets.masks import segmentation
from cryoal.data.datasets.subtomograms import read_50c
from cryoal.errors import ConfigError
from cryoal.progress import SILENT
from cryoal.study.dataset import images_dataset
from tests.data.datasets.test_subtomograms import simulated as write_simulated
from tests.study.images import write_images
from tests.study.masks import squares as squares_and_masks

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.datasets.base import Dataset

TINY = (
    *("model.width=2", "model.teacher=resnet10-2d", "train.epochs=1", "train.batch_size=8"),
    "augment.shift=1",
)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for rows that is not the repository's."""
    monkeypatch.setattr(rows, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


def tiny(strategies: tuple[str, ...] = ("random", "margin"), *departures: str) -> Protocol:
    """CIFAR-10's protocol on images of 8 x 8."""
    found = protocol(
        "cifar10", quick=True, departures=departures, strategies=strategies, seeds=(0,)
    )
    settings = (*found.study.settings, *TINY)
    study = replace(found.study, settings=settings, start=12, query=6, cycles=2)
    if study.validation:
        study = replace(study, validation=10)
    return replace(found, study=study)


def squares(folder: Path) -> Dataset:
    write_images(folder / "images.npz", n=60)
    return images_dataset(folder / "images.npz", None, None)


def test_each_cell_is_one_row_with_its_curve(tmp_path: Path, results: Path) -> None:
    run(tiny(), squares(tmp_path), tmp_path / "out", SILENT)
    found = rows.read("paper")
    assert [row["strategy"] for row in found] == ["random", "margin"]
    for row in found:
        assert row["labels"] == "12 18 24"
        assert len(row["accuracy"].split()) == 3
        assert (row["protocol"], row["experiment"], row["seed"]) == ("quick", "cifar10", "0")
        assert float(row["wall_seconds"]) > 0
        assert row["device"].startswith(("cpu", "NVIDIA"))
        assert row["commit"]


def test_the_paper_s_further_numbers_are_in_the_row(tmp_path: Path, results: Path) -> None:
    wanted = tiny(("margin",), "gradients", "deeper", "calibrated")
    run(wanted, squares(tmp_path), tmp_path / "out", SILENT)
    (row,) = rows.read("paper")
    assert row["departures"] == "gradients calibrated deeper"
    assert row["labels"] == "12 18 24"  # without those for the temperature, as in Fig. 6
    counts = [6 * float(share) for share in row["high_gradient"].split()]
    assert len(counts) == 2  # nobody is asked after the last training
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-3)
    assert 0 <= float(row["deeper_accuracy"]) <= 1


def test_the_same_command_again_runs_nothing_and_adds_no_row(tmp_path: Path, results: Path) -> None:
    data = squares(tmp_path)
    run(tiny(("random",)), data, tmp_path / "out", SILENT)
    before = (results / "paper.csv").read_text()
    cycles = sorted((tmp_path / "out").rglob("cycle_*.json"))
    times = [file.stat().st_mtime_ns for file in cycles]
    run(tiny(("random",)), data, tmp_path / "out", SILENT)
    assert (results / "paper.csv").read_text() == before
    assert [file.stat().st_mtime_ns for file in cycles] == times


def test_a_part_of_the_data_is_the_same_every_time(tmp_path: Path) -> None:
    whole = squares(tmp_path)
    some = limited(whole, 20, 10)
    assert (len(some.train), len(some.test)) == (20, 10)
    assert set(some.train) <= set(whole.train)
    np.testing.assert_array_equal(some.train, limited(whole, 20, 10).train)
    assert len(limited(whole, 0, 0).train) == len(whole.train)


def test_more_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected 5,000 inputs for train, found 60"):
        limited(squares(tmp_path), 5000, 0)


def test_a_segmentation_ends_in_a_row_with_its_miou(tmp_path: Path, results: Path) -> None:
    images, masks = squares_and_masks(30, 16, 0)
    known = np.where(masks == 255, -1, masks.astype(np.int8)).astype(np.int8)
    data = segmentation(lambda i: (images[i], known[i]), 24, 6, 16, ("ground", "red", "green"))
    found = protocol("camvid", quick=True, strategies=("knowledge-transfer",), seeds=(0,))
    settings = (*found.study.settings, "model.width=2", "train.epochs=1")
    study = replace(found.study, settings=settings, start=8, query=4, cycles=1)
    run(replace(found, study=study), data, tmp_path / "out", SILENT)
    (row,) = rows.read("paper")
    assert row["labels"] == "8 12"
    assert all(0 <= float(cell) <= 1 for cell in row["miou"].split())
    assert len(row["miou"].split()) == 2


def test_subtomograms_from_files_end_in_a_row(tmp_path: Path, results: Path) -> None:
    write_simulated(tmp_path)
    data = read_50c(tmp_path, 2, 25)
    found = protocol("50c-like", quick=True, strategies=("random",), seeds=(0,))
    settings = ("model.width=2", "model.teacher=resnet10", "train.epochs=1")
    study = replace(found.study, settings=settings, start=12, query=6, cycles=1)
    run(replace(found, study=study), data, tmp_path / "out", SILENT)
    (row,) = rows.read("paper")
    assert (row["n_train"], row["n_test"], row["labels"]) == ("48", "2", "12 18")
