"""The data of an experiment, opened; what comes as tomograms is cut into boxes once."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.real import microtubule
from cryoal.campaign import Campaign
from cryoal.config import make_config
from cryoal.data.datasets.base import need
from cryoal.data.extract import extract
from cryoal.errors import ConfigError
from cryoal.io.picks.read import read_picks
from cryoal.records import digest
from cryoal.seeds import stream
from cryoal.simulate.recipe import read_recipe
from cryoal.study.dataset import campaign_dataset, open_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.paper.protocol import Protocol
    from cryoal.data.datasets.base import Dataset

__all__ = ["DATA", "limited", "open_data"]

DATA = Path(os.environ.get("CRYOAL_TEST_DATA", "../shared/data"))
BOX = 32  # of the simulated subtomograms


def open_data(protocol: Protocol, path: Path | None, work: Path) -> Dataset:
    """The dataset of an experiment, with as many candidates and tests as it takes.

    Parameters
    ----------
    path
        Where the data is; by default the preset's place below ``CRYOAL_TEST_DATA``.
    work
        A folder for boxes that are cut from tomograms; they are cut once.

    Raises
    ------
    FileFormatError
        Files are missing or wrong; the message says which, and where to get them.
    ConfigError
        The data was simulated by other settings than the experiment's.
    """
    preset = protocol.preset
    where = DATA / preset.get if path is None else path
    own = {"microtubule": _microtubule, "simulated": _simulated}
    if preset.data in own:
        dataset = own[preset.data](protocol, where, work)
    else:
        dataset = open_dataset(preset.data, where, None, None)
    some = limited(dataset, protocol.n_train, protocol.n_test)
    return replace(some, again=(open_data, (protocol, path and path.absolute(), work.absolute())))


def limited(dataset: Dataset, n_train: int, n_test: int) -> Dataset:
    """The dataset with a part of its candidates and tests, the same for all seeds; 0: all.

    Raises
    ------
    ConfigError
        There are not so many.
    """
    parts = {}
    for name, places, n in (("train", dataset.train, n_train), ("test", dataset.test, n_test)):
        if n > len(places):
            raise ConfigError(f"expected {n:,} inputs for {name}, found {len(places):,}")
        some = stream(0, "part of", name).permutation(places)[: n or None]
        parts[name] = np.sort(some)
    return replace(dataset, **parts)


def _microtubule(protocol: Protocol, path: Path, work: Path) -> Dataset:
    folder = work / f"{protocol.experiment}-boxes"
    need(path / "13pf_MT.mrc", "the tomogram of a microtubule", "cylindra (BSD-3), by README there")
    if path != DATA / "microtubule":
        raise ConfigError(f"expected the microtubule in {DATA}: set CRYOAL_TEST_DATA, not --data")
    _once(folder, lambda new: microtubule.make_campaign(new, []))
    return campaign_dataset(folder / "campaign", folder / "pool.csv", folder / "test.csv")


def _simulated(protocol: Protocol, path: Path, work: Path) -> Dataset:
    """What ``cryoal simulate`` writes for a recipe of subtomograms: tomograms, picks, truth."""
    words = [f"--set {setting}" for setting in protocol.recipe]
    how = " ".join(["cryoal simulate OUT --recipe benchmarks/paper/50c-like.toml", *words])
    for name in ("candidates.star", "tomograms.star", "truth.csv", "test.csv", "recipe.toml"):
        need(path / name, "simulated subtomograms", f"{how}, then --data OUT")
    recipe = path / "recipe.toml"
    _check_recipe(recipe, protocol.recipe, how)
    # boxes of other data do not stand in for these
    folder = work / f"{protocol.experiment}-boxes-{digest(recipe.read_text())[:8]}"

    def cut(new: Path) -> None:
        with (path / "truth.csv").open(newline="") as file:
            classes = sorted({row["label"] for row in csv.DictReader(file)})
        settings = [f"pool.box={BOX}"]
        config = make_config(classes, "paper-simulated", settings)
        campaign = Campaign.create(new / "campaign", config)
        picks = read_picks(path / "candidates.star", tomograms=path / "tomograms.star")
        tomograms = sorted(path.glob("*.mrc"))
        extract(campaign.pool_path, tomograms, picks, box=BOX, density="white")

    _once(folder, cut)
    return campaign_dataset(folder / "campaign", path / "truth.csv", path / "test.csv")


def _check_recipe(path: Path, wanted: Sequence[str], how: str) -> None:
    found = read_recipe(path)
    for setting in wanted:
        if read_recipe(path, settings=[setting]) != found:
            section, key = setting.partition("=")[0].split(".")
            there = getattr(getattr(found, section), key)
            raise ConfigError(
                f"expected {setting} in {path}, found {there}; simulate it with {how}"
            )


def _once(folder: Path, make: Callable[[Path], object]) -> None:
    """Have `make` fill a folder that becomes `folder` when it is whole; nothing if it is there."""
    if folder.is_dir():
        return
    new = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    make(new)
    new.rename(folder)
