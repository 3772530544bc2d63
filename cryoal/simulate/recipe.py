"""Every setting of a simulation: one tree of frozen dataclasses, from TOML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cryoal.config import apply_settings, build_tree
from cryoal.errors import ConfigError
from cryoal.records import read_toml
from cryoal.setting import require

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BACKGROUND",
    "GOLD",
    "MEMBRANE",
    "ImagingConfig",
    "NoiseConfig",
    "Recipe",
    "StructureConfig",
    "SubtomogramsConfig",
    "TomogramsConfig",
    "read_recipe",
]

MEMBRANE, GOLD, BACKGROUND = "membrane", "gold", "background"
"""Classes of picks on what is no particle."""

SUFFIXES = (".gz", ".bz2", ".pdb", ".ent", ".cif", ".mmcif", ".mrc", ".map", ".rec")


@dataclass(frozen=True)
class StructureConfig:
    """One class, and where its structure comes from."""

    path: str
    """PDB or mmCIF (gzip too), or a density map in MRC; relative to the recipe."""
    name: str = ""
    """Of the class; the file's name without suffixes when empty."""
    assembly: str = ""
    """Biological assembly of an atomic model, such as ``1``; when empty the atoms of the file."""
    count: int = 0
    """Particles of this class, in place of `per_class`; 0: as many as `per_class` says."""

    def __post_init__(self) -> None:
        _at_least("structures", self, count=0)

    @property
    def label(self) -> str:
        """The name of the class."""
        name = self.name or Path(self.path).name
        while not self.name and Path(name).suffix.lower() in SUFFIXES:
            name = Path(name).stem
        return name


@dataclass(frozen=True)
class ImagingConfig:
    """What the microscope and the reconstruction do to the densities."""

    tilt_range: float = 60.0
    """Tilts go from minus to plus this, degrees, about y; 90: nothing is missing."""
    ctf: bool = True
    """Whether there is a contrast transfer function."""
    defocus: float = 5.0
    """Micrometers of underfocus, the same for the whole volume."""
    voltage: float = 300.0
    """Kilovolts."""
    spherical_aberration: float = 2.7
    """Millimeters."""
    amplitude_contrast: float = 0.1
    """Share of the contrast that is amplitude contrast."""
    envelope: float = 0.6
    """The CTF falls to 1/e at this share of the Nyquist frequency, as a Gaussian."""
    lowpass: float = 0.0
    """Angstrom; what is finer is taken away, from signal and noise; 0: nothing."""

    def __post_init__(self) -> None:
        require(0 < self.tilt_range <= 90, "imaging.tilt_range", "in (0, 90]", self.tilt_range)
        _positive("imaging", self, "defocus", "voltage", "envelope")
        contrast = self.amplitude_contrast
        require(0 <= contrast <= 1, "imaging.amplitude_contrast", "in [0, 1]", contrast)
        _at_least("imaging", self, lowpass=0, spherical_aberration=0)


@dataclass(frozen=True)
class NoiseConfig:
    """How much noise there is, and by which definition."""

    definition: Literal["power", "published", "none"] = "power"
    """``power``: variance of the signal over that of the noise, both as they are in the finished
    box. ``published``: that of the simulator behind the paper's set, of the whole scene. ``none``:
    no noise."""
    snr: float = 0.2
    """The signal-to-noise ratio in that definition."""
    mtf: float = 0.6
    """Noise of the detector falls to 1/e at this share of the Nyquist frequency, as a Gaussian."""

    def __post_init__(self) -> None:
        _positive("noise", self, "snr", "mtf")


@dataclass(frozen=True)
class SubtomogramsConfig:
    """A set of boxes, each around one target among its neighbours."""

    per_class: int = 500
    """Targets of each class."""
    test_per_class: int = 20
    """The last so many of each class are the test set."""
    neighbours: int = 4
    """Molecules around the target, of any class."""
    gap: float = 0.0
    """Angstrom between bounding spheres."""
    offset: int = 8
    """The target is off the centre by up to this many voxels along each axis."""
    per_file: int = 512
    """Boxes side by side in one MRC file."""
    files: bool = False
    """Whether each box is also written to an MRC file of its own, in a folder for each class."""

    def __post_init__(self) -> None:
        _at_least("subtomograms", self, per_class=1, neighbours=0, gap=0, offset=0, per_file=1)
        held, of = self.test_per_class, self.per_class
        require(0 <= held < of, "subtomograms.test_per_class", f"from 0 to {of - 1}", held)


@dataclass(frozen=True)
class TomogramsConfig:
    """Whole tomograms: particles among membranes and gold beads."""

    count: int = 1
    """Tomograms."""
    shape: tuple[int, ...] = (200, 512, 512)
    """Voxels along z, y, x."""
    per_class: int = 40
    """Particles of each class in each tomogram."""
    gap: float = 10.0
    """Angstrom between bounding spheres."""
    vesicles: int = 6
    """Closed membranes, each an ellipsoid."""
    vesicle_radius: float = 450.0
    """Angstrom, the largest; the smallest has half of it."""
    membrane_picks: int = 40
    """Candidates on membranes."""
    gold: int = 15
    """Gold beads; there is a candidate on each."""
    gold_diameter: float = 100.0
    """Angstrom."""
    background_picks: int = 40
    """Candidates where there is nothing."""
    pick_error: float = 5.0
    """Standard deviation of the picks about the true centres along each axis, angstrom."""

    def __post_init__(self) -> None:
        three = len(self.shape) == 3 and min(self.shape) >= 16
        require(three, "tomograms.shape", "z, y, x, each >= 16", list(self.shape))
        _at_least("tomograms", self, count=1, per_class=1, vesicles=0, membrane_picks=0, gold=0)
        _at_least("tomograms", self, background_picks=0, gap=0, pick_error=0)
        _positive("tomograms", self, "vesicle_radius", "gold_diameter")
        require(
            self.vesicles > 0 or self.membrane_picks == 0,
            "tomograms.membrane_picks",
            "0 without vesicles",
            self.membrane_picks,
        )


@dataclass(frozen=True)
class Recipe:
    """A whole simulation."""

    structures: tuple[StructureConfig, ...]
    kind: Literal["subtomograms", "tomograms"] = "tomograms"
    """What comes out."""
    seed: int = 0
    """Decides every random choice."""
    voxel_spacing: float = 10.0
    """Angstrom."""
    box: int = 32
    """Edge of a box in voxels; of tomograms the one that the picks are for."""
    resolution: float = 25.0
    """Angstrom; Fourier amplitudes of a structure are halved here, by a Gaussian."""
    contour: float = 0.2
    """Share of a density's maximum above which it counts as molecule; maps are cut there."""
    density: Literal["black", "white"] = "black"
    """Whether particles are darker or lighter than ice."""
    dtype: Literal["int16", "float16", "float32"] = "int16"
    """Of the voxels; whole numbers are in 500ths of the noise's standard deviation."""
    imaging: ImagingConfig = field(default_factory=ImagingConfig)
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    subtomograms: SubtomogramsConfig = field(default_factory=SubtomogramsConfig)
    tomograms: TomogramsConfig = field(default_factory=TomogramsConfig)

    def __post_init__(self) -> None:
        require(len(self.structures) >= 1, "structures", "at least one", [])
        _positive("", self, "voxel_spacing", "resolution")
        require(self.box >= 8 and self.box % 2 == 0, "box", "an even number >= 8", self.box)
        require(0 < self.contour < 1, "contour", "in (0, 1)", self.contour)
        names = [structure.label for structure in self.structures]
        repeated = sorted({name for name in names if names.count(name) > 1})
        require(not repeated, "structures", "different names", repeated)
        for name in names:
            clean = name != "" and name.isprintable() and not set(name) & set(",/ ")
            require(clean, "structures.name", "without commas, slashes and spaces", name)
            taken = (MEMBRANE, GOLD, BACKGROUND)
            require(name not in taken, "structures.name", f"none of {', '.join(taken)}", name)
        if self.kind == "tomograms":
            shape = self.tomograms.shape
            require(min(shape) >= self.box, "tomograms.shape", f">= {self.box}, the box", shape)
        else:
            held = self.subtomograms.test_per_class
            for structure in self.structures:
                count = structure.count or self.subtomograms.per_class
                require(count > held, f"structures.count of {structure.label}", f"> {held}", count)
            half = self.box // 2
            offset = self.subtomograms.offset
            require(offset < half, "subtomograms.offset", f"< {half} (half the box)", offset)

    def counts(self) -> dict[str, int]:
        """Particles of each class, in the set or in each tomogram."""
        part = self.subtomograms if self.kind == "subtomograms" else self.tomograms
        return {s.label: s.count or part.per_class for s in self.structures}


def read_recipe(
    path: Path | None = None, structures: Sequence[Path] = (), settings: Sequence[str] = ()
) -> Recipe:
    """The recipe in a TOML file, with more structures and single settings over it.

    Parameters
    ----------
    path
        Relative paths in it start from where it is; without a file every setting is the default.
    structures
        Files of further classes, each called by its name.
    settings
        ``"section.key=value"``, each value written as in TOML; quotes may be left out.

    Raises
    ------
    ConfigError
        Not TOML, an unknown key (the nearest is named), or a value of the wrong type or range.
    """
    tree: dict[str, Any] = {}
    if path is not None:
        tree = read_toml(path, ConfigError)
    listed = tree.get("structures", [])
    if not isinstance(listed, list):
        raise ConfigError(f"expected [[structures]] in {path}, found {listed!r}")
    for entry in listed:
        if path is not None and isinstance(entry, dict) and isinstance(entry.get("path"), str):
            entry["path"] = str(path.parent / Path(entry["path"]).expanduser())
    tree["structures"] = [*listed, *({"path": str(file)} for file in structures)]
    if not tree["structures"]:
        where = f" in {path}" if path else ""
        raise ConfigError(
            f"expected structures (PDB, mmCIF or MRC files, or a recipe), found none{where}"
        )
    apply_settings(tree, settings)
    try:
        return build_tree(Recipe, tree)
    except ConfigError as error:
        if path is None:
            raise
        raise ConfigError(f"{path}: {error}") from error


def _at_least(section: str, part: object, **least: float) -> None:
    """Refuse settings of `part` that are lower than what is named."""
    for name, value in least.items():
        found = getattr(part, name)
        require(found >= value, f"{section}.{name}", f">= {value}", found)


def _positive(section: str, part: object, *names: str) -> None:
    for name in names:
        found = getattr(part, name)
        require(found > 0, f"{section}.{name}".lstrip("."), "> 0", found)
