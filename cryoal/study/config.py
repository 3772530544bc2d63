"""What a study compares, on what, and how often: one TOML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.cluster_config import ClusterConfig
from cryoal.config import Config, build_tree, make_config
from cryoal.errors import ConfigError, UnknownNameError
from cryoal.records import read_toml
from cryoal.registry import nearest
from cryoal.study.split import SPLITS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DataConfig", "OracleConfig", "StudyConfig", "Variant", "read_study"]


@dataclass(frozen=True)
class DataConfig:
    """Where the inputs and their truth are; paths are relative to the file of the study."""

    path: str
    """A campaign's directory, or a file of images."""
    kind: str = "campaign"
    """A name of :data:`cryoal.study.dataset.DATASETS`."""
    truth: str = ""
    """CSV with the class of keys, for a campaign."""
    test: str = ""
    """CSV with the class of keys to measure on; default the campaign's own test set."""
    split: str = "files"
    """``files``: who is measured on is told by `test` or by the campaign; ``tomogram``: whole
    tomograms of a campaign's pool are, or of a single one the boxes beyond a plane."""
    test_share: float = 0.3
    """Share of the boxes of known class to measure on, where the split is by tomogram."""

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            found = f"{self.split!r}{nearest(self.split, SPLITS)}"
            raise ConfigError(f"expected data.split as one of {', '.join(SPLITS)}, found {found}")
        if self.split == "tomogram" and self.kind != "campaign":
            raise ConfigError(
                'expected data.kind = "campaign", whose boxes have a tomogram, for data.split ='
                f' "tomogram", found {self.kind!r}'
            )
        if self.split == "tomogram" and self.test:
            raise ConfigError(
                f'expected no data.test where data.split = "tomogram", found {self.test}'
            )
        if not 0 < self.test_share < 1:
            raise ConfigError(f"expected data.test_share in (0, 1), found {self.test_share}")


@dataclass(frozen=True)
class OracleConfig:
    """How the simulated annotator errs."""

    noise: float = 0.0
    """Share of the answers that are another class, drawn uniformly."""
    abstain: float = 0.0
    """Share of the boxes that are not answered."""

    def __post_init__(self) -> None:
        for name, value in (("noise", self.noise), ("abstain", self.abstain)):
            if not 0 <= value < 1:
                raise ConfigError(f"expected oracle.{name} in [0, 1), found {value}")


@dataclass(frozen=True)
class Variant:
    """One thing that is compared: a strategy under a name, with settings of its own."""

    name: str
    strategy: str
    settings: tuple[str, ...] = ()
    """``section.key=value``, over those of the study."""


@dataclass(frozen=True)
class StudyConfig:
    """A comparison: strategies (or variants) x seeds."""

    name: str
    data: DataConfig
    start: int
    """Labels of the initial pool, drawn at random: the same for every strategy of a seed."""
    query: int
    """Labels asked in each cycle (M)."""
    cycles: int
    """How often is asked; there is one more training than that."""
    strategies: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    validation: int = 0
    """Labels drawn at random to watch the curve by; they count against the budget."""
    preset: str = "laptop"
    settings: tuple[str, ...] = ()
    """``section.key=value``, over the preset."""
    subset_factor: float = 10.0
    """R_U holds this many times M candidates; those of a seed and cycle are the same for all."""
    calibrate: bool = False
    """Whether posteriors are calibrated by a temperature on the validation labels (Fig. 6)."""
    embeddings: bool = False
    """Whether R_U is kept in each cycle, for the picture of the picks (Fig. 1)."""
    deeper: str = ""
    """A backbone trained on the labels of the last cycle (Tables V, VIII); none by default."""
    gradients: bool = False
    """Whether picks of a high gradient norm are counted (Table III): another pass over R_U."""
    budget: int = 0
    """Labels, those for validation included, after which the report advises to stop; 0: none."""
    oracle: OracleConfig = field(default_factory=OracleConfig)
    variants: tuple[Variant, ...] = ()
    cluster: ClusterConfig = field(default_factory=ClusterConfig)
    """Who trains (``--scheduler``), as in ``campaign.toml``; each cell is a whole job."""

    def __post_init__(self) -> None:
        for name, least in (
            ("start", 2),
            ("query", 1),
            ("cycles", 1),
            ("validation", 0),
            ("budget", 0),
        ):
            if getattr(self, name) < least:
                raise ConfigError(f"expected {name} >= {least}, found {getattr(self, name)}")
        names = [variant.name for variant in self.all_variants()]
        if not names or len(set(names)) != len(names):
            raise ConfigError(f"expected strategies or variants of different names, found {names}")
        if len(set(self.seeds)) != len(self.seeds) or not self.seeds:
            raise ConfigError(f"expected different seeds, found {list(self.seeds)}")
        if self.calibrate and not self.validation:
            raise ConfigError("expected validation labels for calibrate = true, found 0")

    def all_variants(self) -> tuple[Variant, ...]:
        """The strategies as variants of their own name, then the variants."""
        return (*(Variant(name, name) for name in self.strategies), *self.variants)

    def config(self, classes: Sequence[str], seed: int, variant: Variant, box: int) -> Config:
        """The settings of one cell."""
        settings = [*self.settings, *variant.settings, f"seed={seed}", f"pool.box={box}"]
        return make_config(classes, self.preset, settings)


def read_study(path: Path) -> StudyConfig:
    """The study in a TOML file; relative paths in it start from where it is.

    Raises
    ------
    ConfigError
        Not TOML, an unknown key (the nearest is named), or a value of the wrong type or range.
    """
    tree = read_toml(path, ConfigError)
    data = tree.get("data")
    if isinstance(data, dict):
        for key in ("path", "truth", "test"):
            if isinstance(data.get(key), str) and data[key]:
                data[key] = str(path.parent / Path(data[key]).expanduser())
    try:
        study = build_tree(StudyConfig, tree)
        for variant in study.all_variants():  # their settings, before a data set is opened
            study.config(("a", "b"), study.seeds[0], variant, 8)
    except (ConfigError, UnknownNameError) as error:
        raise type(error)(f"{path}: {error}") from error
    return study
