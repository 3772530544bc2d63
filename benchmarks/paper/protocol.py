"""What is run for each data set of the paper: the presets, quick protocols and departures."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003 (build_tree evaluates the hints of Preset)
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.config import build_tree
from cryoal.errors import ConfigError, UnknownNameError
from cryoal.registry import nearest
from cryoal.study.config import DataConfig, StudyConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "STRATEGIES",
    "Change",
    "Preset",
    "Protocol",
    "preset_names",
    "protocol",
    "read_preset",
]

PRESETS = Path(__file__).parent / "presets"
FOR_ALL = "departures"  # the file of those that every preset has

STRATEGIES = (
    *("knowledge-transfer", "random", "entropy", "margin", "core-set", "badge", "ll4al"),
    *("mc-dropout", "committee", "vaal", "sraal"),
)
"""Those of the paper, and entropy, margin and BADGE, which it lacks; the first seven come first."""


@dataclass(frozen=True)
class Change:
    """What a named flag changes; 0 leaves a number as it is."""

    note: str
    settings: tuple[str, ...] = ()
    start: int = 0
    query: int = 0
    cycles: int = 0
    n_train: int = 0
    """Candidates that are kept, drawn once for all seeds."""
    n_test: int = 0
    recipe: tuple[str, ...] = ()
    """Settings of simulated data that take the place of all of the preset's."""
    validation: int = 0
    """Labels by which posteriors are calibrated before they are scored."""
    gradients: bool = False
    """Whether picks of a high gradient norm are counted."""
    deeper: str = ""
    """A backbone that is trained on the last labels."""


@dataclass(frozen=True)
class Preset:
    """The paper's settings for one data set."""

    title: str
    data: str
    """A kind of data of the study engine, or one of :mod:`benchmarks.paper.data`."""
    get: str
    """Where the data is, below the folder of data."""
    start: int
    query: int
    cycles: int
    quick: Change
    measure: str = "accuracy"
    """``accuracy`` or ``miou``: what the paper's figure shows."""
    preset: str = "paper-simulated"
    settings: tuple[str, ...] = ()
    subset_factor: float = 10.0
    recipe: tuple[str, ...] = ()
    """Of simulated data, settings that its recipe must have."""
    departures: Mapping[str, Change] = field(default_factory=dict)


@dataclass(frozen=True)
class Protocol:
    """A preset with its flags worked in."""

    experiment: str
    preset: Preset
    is_quick: bool
    departures: tuple[str, ...]
    study: StudyConfig
    n_train: int
    n_test: int
    recipe: tuple[str, ...]

    @property
    def folder(self) -> str:
        """A name for the folder of its cells."""
        return "+".join([self.experiment, *(["quick"] if self.is_quick else []), *self.departures])

    @property
    def command(self) -> str:
        """What to type for it, without strategies and seeds."""
        flags = [*(["--quick"] if self.is_quick else []), *(f"--{d}" for d in self.departures)]
        return " ".join(["python -m benchmarks.paper", self.experiment, *flags])


def preset_names() -> list[str]:
    """Names of the experiments."""
    return sorted(path.stem for path in PRESETS.glob("*.toml") if path.stem != FOR_ALL)


def read_preset(name: str) -> Preset:
    """The preset of that name, with the departures that all presets have.

    Raises
    ------
    UnknownNameError
        There is none; the message gives the nearest.
    ConfigError
        A key of the file is unknown, or of the wrong type.
    """
    if name not in preset_names():
        raise UnknownNameError(f"no experiment called {name!r}{nearest(name, preset_names())}")
    trees = [tomllib.loads((PRESETS / f"{n}.toml").read_text()) for n in (FOR_ALL, name)]
    found: dict[str, Change] = {}
    for tree in trees:
        for flag, change in tree.pop("departures", {}).items():
            found[flag] = build_tree(Change, change)
    return replace(build_tree(Preset, trees[1]), departures=found)


def protocol(
    name: str,
    *,
    quick: bool = False,
    departures: Sequence[str] = (),
    strategies: Sequence[str] = STRATEGIES,
    seeds: Sequence[int] = (0, 1, 2),
) -> Protocol:
    """The experiment `name` as it is to be run.

    Raises
    ------
    UnknownNameError
        No such experiment or departure; the message gives the nearest.
    """
    preset = read_preset(name)
    for flag in departures:
        if flag not in preset.departures:
            raise UnknownNameError(
                f"no departure called {flag!r}{nearest(flag, list(preset.departures))}"
            )
    # in the order of the files, so that the same flags are the same protocol
    flags = tuple(flag for flag in preset.departures if flag in departures)
    changes = [*([preset.quick] if quick else []), *(preset.departures[flag] for flag in flags)]
    sizes = {"start": preset.start, "query": preset.query, "cycles": preset.cycles}
    limits = {"n_train": 0, "n_test": 0}
    also: dict[str, Any] = {"validation": 0, "gradients": False, "deeper": ""}
    settings, recipe = list(preset.settings), preset.recipe
    for change in changes:
        settings += change.settings
        recipe = change.recipe or recipe
        for numbers in (sizes, limits, also):
            numbers |= {key: getattr(change, key) for key in numbers if getattr(change, key)}
    if limits["n_train"] and limits["n_train"] < sizes["start"] + sizes["query"]:
        raise ConfigError(
            f"expected at least {sizes['start'] + sizes['query']} candidates for {name} with"
            f" {', '.join(flags)}, found {limits['n_train']}"
        )
    study = StudyConfig(
        name=preset.title,
        data=DataConfig(path="", kind=preset.data),
        strategies=tuple(strategies),
        seeds=tuple(seeds),
        preset=preset.preset,
        settings=tuple(settings),
        subset_factor=preset.subset_factor,
        calibrate=also["validation"] > 0,
        **sizes,
        **also,
    )
    return Protocol(name, preset, quick, flags, study, **limits, recipe=recipe)
