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
from cryoal.errors import ConfigError
from cryoal.progress import SILENT
from cryoal.study.dataset import Dataset, images_dataset
from tests.study.images import write_images

if TYPE_CHECKING:
    from pathlib import Path

TINY = (
    *("model.width=2", "model.teacher=resnet10-2d", "train.epochs=1", "train.batch_size=8"),
    "augment.shift=1",
)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for rows that is not the repository's."""
    monkeypatch.setattr(rows, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


def tiny(strategies: tuple[str, ...] = ("random", "margin")) -> Protocol:
    """CIFAR-10's protocol on images of 8 x 8."""
    found = protocol("cifar10", quick=True, strategies=strategies, seeds=(0,))
    settings = (*found.study.settings, *TINY)
    study = replace(found.study, settings=settings, start=12, query=6, cycles=2)
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
