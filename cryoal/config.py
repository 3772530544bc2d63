"""Every setting of a campaign: one tree of frozen dataclasses, TOML in, single settings over it."""

from __future__ import annotations

import math
import re
import tomllib
import types
import typing
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from importlib import resources
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import tomli_w

from cryoal.cluster_config import ClusterConfig
from cryoal.errors import ConfigError, UnknownNameError
from cryoal.registry import nearest
from cryoal.setting import require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from _typeshed import DataclassInstance

__all__ = [
    "AugmentConfig",
    "Config",
    "ModelConfig",
    "PoolConfig",
    "PretrainConfig",
    "QueryConfig",
    "ReviewConfig",
    "ScoringConfig",
    "TrainConfig",
    "apply_settings",
    "build_tree",
    "cluster_config",
    "from_tree",
    "make_config",
    "preset_names",
    "preset_text",
    "to_toml",
    "to_tree",
]


D = TypeVar("D")

INTEGER_BITS, SEED_BITS = 63, 128
"""Of whole numbers: the first is TOML's own bound, the second what a machine's entropy has."""


@dataclass(frozen=True)
class PoolConfig:
    """How boxes are cut."""

    box: int = 32
    """Edge of a box in voxels; even, because the centre voxel is box / 2."""
    min_inside: float = 0.7
    """Boxes with a smaller share of voxels inside their tomogram are never queried."""

    def __post_init__(self) -> None:
        require(self.box >= 8 and self.box % 2 == 0, "pool.box", "an even number >= 8", self.box)
        require(0 <= self.min_inside <= 1, "pool.min_inside", "between 0 and 1", self.min_inside)


@dataclass(frozen=True)
class ModelConfig:
    """The teacher and the student."""

    teacher: str = "resnet18"
    """Backbone of the task model; see ``cryoal list backbones``."""
    student: str = "resnet10"
    """Backbone of the model that learns beside it; it must have as many modules."""
    width: int = 64
    """Channels of a residual network's first stage; other families scale alike. Published: 64."""
    stem: Literal["pool", "cifar", "stride", "imagenet"] = "pool"
    """``pool``: 7^3, max-pooling, MONAI's; ``cifar``: 3^3 at full size; ``stride``: 3^3 by 2;
    ``imagenet``: 7 x 7 of an image. Each family of backbones has some of them."""
    channels: int = 1
    """Of the input: 1 for boxes, 3 for colour images."""
    dropout: float = 0.0
    """Chance that the last layer does not see a feature, in training alone."""
    members: int = 1
    """Trainings of the pair on the same labels, each of another seed; their mean classifies."""

    def __post_init__(self) -> None:
        require(self.width >= 1, "model.width", ">= 1", self.width)
        require(self.channels >= 1, "model.channels", ">= 1", self.channels)
        require(0 <= self.dropout < 1, "model.dropout", "in [0, 1)", self.dropout)
        require(1 <= self.members <= 20, "model.members", "between 1 and 20", self.members)

    def shaping(self) -> dict[str, Any]:
        """What shapes one training: all but how many there are."""
        facts = asdict(self)
        del facts["members"]
        return facts


@dataclass(frozen=True)
class TrainConfig:
    """How the pair is trained in each cycle (Sec. III-B, Sec. IV-C)."""

    epochs: int = 100
    """Times that every labelled box is seen."""
    batch_size: int = 64
    """Boxes in one step, at most; batches are of nearly equal size."""
    learning_rate: float = 0.1
    """Step of stochastic gradient descent at the start."""
    decay_at: tuple[float, ...] = (0.8,)
    """Shares of the epochs after which the learning rate is multiplied by `decay`."""
    decay: float = 0.1
    """Factor of each decay."""
    optimizer: Literal["sgd", "adam"] = "sgd"
    """Stochastic gradient descent with momentum, or Adam, which has moments of its own."""
    momentum: float = 0.9
    """Share of the last step that is taken again; not for Adam."""
    weight_decay: float = 5e-4
    """L2 penalty on the weights."""
    transfer_weight: float = 100.0
    """lambda of L = L_task + lambda L_trans."""
    transfer: Literal["attention", "attention-code", "mse", "l1", "kl"] = "attention"
    """L_trans: eq. 1, its form in the code of its authors, or what Fig. 5 compares with."""
    restart: Literal["scratch", "warm"] = "scratch"
    """Whether each cycle starts from new weights or from those of the cycle before."""
    batch_norm: Literal["running", "refreshed"] = "running"
    """``running``: averages over the last steps; ``refreshed``: taken anew after the last epoch."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """``auto``: bfloat16 autocast on GPUs that compute in it natively, float32 elsewhere. Layers
    whose gradients a processor gets wrong in bfloat16 stay float32."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced``: the task loss weighs each class by the inverse of its share of the labels."""

    def __post_init__(self) -> None:
        require(self.epochs >= 1, "train.epochs", ">= 1", self.epochs)
        require(self.batch_size >= 2, "train.batch_size", ">= 2 (batch norm)", self.batch_size)
        require(self.learning_rate > 0, "train.learning_rate", "> 0", self.learning_rate)
        require(0 < self.decay <= 1, "train.decay", "in (0, 1]", self.decay)
        require(0 <= self.momentum < 1, "train.momentum", "in [0, 1)", self.momentum)
        require(self.weight_decay >= 0, "train.weight_decay", ">= 0", self.weight_decay)
        require(self.transfer_weight >= 0, "train.transfer_weight", ">= 0", self.transfer_weight)
        require(all(0 < x < 1 for x in self.decay_at), "train.decay_at", "in (0, 1)", self.decay_at)


@dataclass(frozen=True)
class AugmentConfig:
    """Changes of a box that leave its class, and the shape of the missing wedge, as they are."""

    rotations: bool = True
    """Half turns about z, y and x; not for images."""
    mirror: bool = True
    """Mirror images. Switch off when classes differ by hand alone. 2-D: left to right."""
    shift: int = 1
    """Shifts by up to this many voxels along each axis; picks are seldom better centred. 2-D: crops
    of the image with so wide a border of zeros."""
    recrop: bool = False
    """Cut another square from each frame in every epoch, not its middle; segmentation alone."""

    def __post_init__(self) -> None:
        require(self.shift >= 0, "augment.shift", ">= 0", self.shift)


@dataclass(frozen=True)
class PretrainConfig:
    """What is learned from the campaign's own boxes before anybody answers."""

    method: str = "vicreg"
    """``vicreg``; ``wedge``, for particles in any orientation; ``masked``; or ``none``."""
    steps: int = 250
    """For up to 1,000 boxes; more with the square root of their number, up to 8 times as many."""
    batch_size: int = 64
    """Boxes in one step."""
    learning_rate: float = 2e-3
    """Largest step of AdamW; it rises, and falls to 0 as a cosine."""
    shift: int = 2
    """Views are shifted by up to this many voxels along each axis."""
    contrast: float = 0.2
    """Views are multiplied by exp(u), u uniform up to this in both directions."""
    noise: float = 1.0
    """Standard deviation of the noise that is added to views, at most; that of a box is about 1."""
    blur: float = 1.0
    """Standard deviation of the Gaussian that blurs views, at most, in voxels."""
    rate: float = 0.1
    """Share of ``train.learning_rate`` at which a pair learns that starts from these weights."""
    epochs: float = 1.0
    """Share of ``train.epochs`` in which a pair learns that starts from these weights."""
    start: bool = True
    """Whether a pair starts from these weights, where ``classifier.use`` is not ``pair``."""

    def __post_init__(self) -> None:
        require(self.steps >= 1, "pretrain.steps", ">= 1", self.steps)
        require(self.batch_size >= 8, "pretrain.batch_size", ">= 8", self.batch_size)
        require(
            0 < self.learning_rate <= 1, "pretrain.learning_rate", "in (0, 1]", self.learning_rate
        )
        require(self.shift >= 0, "pretrain.shift", ">= 0", self.shift)
        require(0 <= self.contrast <= 1, "pretrain.contrast", "in [0, 1]", self.contrast)
        require(self.noise >= 0, "pretrain.noise", ">= 0", self.noise)
        require(self.blur >= 0, "pretrain.blur", ">= 0", self.blur)
        require(0 < self.rate <= 1, "pretrain.rate", "in (0, 1]", self.rate)
        require(0 < self.epochs <= 1, "pretrain.epochs", "in (0, 1]", self.epochs)


@dataclass(frozen=True)
class QueryConfig:
    """Which candidates are asked."""

    strategy: str = "margin"
    """Who decides; see ``cryoal list strategies``."""
    first: str = "typiclust"
    """Who decides before there are labels of two classes, where `strategy` cannot."""
    subset_factor: float = 10.0
    """R_U holds this many times M candidates, drawn without replacement; the paper's is 10."""
    explore: float = 0.1
    """Share of a query that goes to the most novel boxes while a class has no label; 0: none. Not
    where ``classifier.use`` is ``pair``, nor where a strategy is asked for by name."""

    def __post_init__(self) -> None:
        require(self.subset_factor >= 1, "query.subset_factor", ">= 1", self.subset_factor)
        require(0 <= self.explore <= 0.5, "query.explore", "between 0 and 0.5", self.explore)


@dataclass(frozen=True)
class ClassifierConfig:
    """What gives the posterior that suggestions, predictions and exports show."""

    use: Literal["auto", "heads", "pair"] = "auto"
    """``heads``: on descriptors; ``pair``: the teacher; ``auto``: heads, and where a pair has been
    trained on the same labels what cross-validation supports of the two, or their mean."""
    folds: int = 3
    """Parts of the labels for cross-validating the teacher; 0: it is not, and heads go before."""
    novel: float = 1.0
    """Boxes whose novelty is higher get no class (``decided_by`` novel); 1: every box gets one."""

    def __post_init__(self) -> None:
        require(
            self.folds == 0 or self.folds >= 2, "classifier.folds", "0 or at least 2", self.folds
        )
        require(0 < self.novel <= 1, "classifier.novel", "in (0, 1]", self.novel)


@dataclass(frozen=True)
class ScoringConfig:
    """How trained networks look at boxes."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """``auto``: what ``train.precision`` names, where it names one; else bfloat16 on GPUs that
    compute in it natively, and on a processor that has it where ranks of 128 boxes of the pool, of
    at least 1,024, correlate with those of float32 by 0.998; float32 elsewhere."""


SuggestionMode: TypeAlias = Literal["open", "after", "blind"]


@dataclass(frozen=True)
class ReuseConfig:
    """What becomes of a model that the campaign began with (``cryoal init --from``)."""

    weight: float = 1.0
    """What a label of the earlier campaign counts beside one of this; 0: none trains along once two
    classes have own labels."""
    start: bool = True
    """Whether a pair starts from the earlier one's weights, where classes and networks are its."""

    def __post_init__(self) -> None:
        require(0 <= self.weight <= 1, "reuse.weight", "between 0 and 1", self.weight)


@dataclass(frozen=True)
class ReviewConfig:
    """How boxes are put in front of the expert."""

    keys: tuple[str, ...] = ()
    """One key for each class, in their order; none: 1 to 9, then the letters that are free."""
    junk: str = "junk"
    """The class that the key J gives. Where it is ``junk`` and no class is called that, J gives the
    class that is there for it by another name (``background``, ``noise``, ``bad`` ...). One that is
    not there is added to the classes when J is first pressed."""
    repeats: float = 0.05
    """Share of boxes that come a second time, to see whether annotators agree with themselves."""
    thickness: int = 3
    """Voxels that are averaged into the slab one looks at."""
    suggestions: SuggestionMode = "open"
    """What the classifier thinks is shown with each box (``open``), once the box has been answered
    (``after``), or never (``blind``); ``cryoal review --suggestions`` says otherwise."""

    def __post_init__(self) -> None:
        single = all(len(key) == 1 and key.isalnum() for key in self.keys)
        require(single, "review.keys", "one letter or digit each", list(self.keys))
        lower = [key.lower() for key in self.keys]
        require(len(set(lower)) == len(lower), "review.keys", "different keys", list(self.keys))
        require(self.junk == self.junk.strip() != "", "review.junk", "a class name", self.junk)
        require(0 <= self.repeats <= 0.5, "review.repeats", "between 0 and 0.5", self.repeats)
        require(self.thickness >= 1, "review.thickness", ">= 1", self.thickness)


@dataclass(frozen=True)
class Config:
    """A whole campaign: its classes, its seed, and one section for each floor of the path."""

    classes: tuple[str, ...]
    """Names of the classes; their order is that of the columns of predictions."""
    seed: int = 0
    """Decides every random choice."""
    device: str = "auto"
    """``auto`` (CUDA when there is one), ``cpu``, ``cuda``, ``cuda:1`` ..."""
    renamed: tuple[str, ...] = ()
    """``"old = new"`` for each class whose name was changed after answers had been given."""
    pool: PoolConfig = field(default_factory=PoolConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    query: QueryConfig = field(default_factory=QueryConfig)
    classifier: ClassifierConfig = field(default_factory=ClassifierConfig)
    scoring: ScoringConfig = field(default_factory=ScoringConfig)
    reuse: ReuseConfig = field(default_factory=ReuseConfig)
    review: ReviewConfig = field(default_factory=ReviewConfig)
    cluster: ClusterConfig = field(default_factory=ClusterConfig)

    def __post_init__(self) -> None:
        if len(self.classes) < 2:
            found = ", ".join(map(repr, self.classes)) or "none"
            raise ConfigError(f"expected two classes or more with commas between, found {found}")
        known = re.fullmatch(r"auto|cpu|cuda(:\d+)?", self.device) is not None
        require(known, "device", "auto, cpu, cuda or cuda:N", self.device)
        repeated = sorted({c for c in self.classes if self.classes.count(c) > 1})
        require(not repeated, "classes", "different names", repeated)
        for name in self.classes:
            clean = name == name.strip() and name != "" and "," not in name and name.isprintable()
            require(clean, "classes", "printable names without commas or outer spaces", name)
        for old, new in self.new_names().items():
            require(new in self.classes, "renamed", "'old = new' with a class as new", new)
            require(old not in self.classes, "renamed", "'old = new' with no class as old", old)

    def new_names(self) -> dict[str, str]:
        """The new name by the old one, of the classes that were renamed."""
        pairs = [entry.partition("=") for entry in self.renamed]
        for entry, (old, _, new) in zip(self.renamed, pairs, strict=True):
            require(bool(old.strip() and new.strip()), "renamed", "'old = new'", entry)
        return {old.strip(): new.strip() for old, _, new in pairs}


def make_config(
    classes: Sequence[str], preset: str = "laptop", settings: Sequence[str] = ()
) -> Config:
    """The resolved config of a new campaign: defaults, then the preset, then each setting.

    Parameters
    ----------
    classes
        Names of the classes; their order is the order of the columns of predictions.
    preset
        A name of :func:`preset_names`.
    settings
        ``"section.key=value"``, each value written as in TOML; quotes may be left out.

    Raises
    ------
    UnknownNameError
        No such preset.
    ConfigError
        An unknown key (the nearest is named), or a value of the wrong type or range.
    """
    tree: dict[str, Any] = tomllib.loads(preset_text(preset))
    tree["classes"] = list(classes)
    for setting in settings:
        if setting.partition("=")[0].strip() == "classes":
            raise ConfigError(f"expected the classes in --classes alone, found {setting!r}")
    apply_settings(tree, settings)
    return from_tree(tree)


def cluster_config(settings: Sequence[str]) -> ClusterConfig:
    """The table ``[cluster]`` alone, from settings such as ``cluster.partition=long``.

    Raises
    ------
    ConfigError
        A setting is unknown, of the wrong type or out of range.
    """
    tree: dict[str, Any] = {}
    apply_settings(tree, settings)
    return build_tree(ClusterConfig, tree.get("cluster", {}))


def apply_settings(tree: dict[str, Any], settings: Sequence[str]) -> None:
    """Put each ``"section.key=value"`` into nested dictionaries, in place; TOML values.

    Raises
    ------
    ConfigError
        Not of that form, or a section that is a value.
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"expected section.key=value, found {setting!r}")
        *sections, last = key.strip().split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
            if not isinstance(branch, dict):
                raise ConfigError(
                    f"expected section.key=value, found {setting!r}: {section} is a value"
                )
        branch[last] = _value(text.strip())


def preset_names() -> list[str]:
    """Names of the presets that come with cryoal."""
    folder = resources.files("cryoal") / "presets"
    return sorted(
        p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")
    )


def preset_text(name: str) -> str:
    """The TOML text of one preset; its first comment line says what it is for.

    Raises
    ------
    UnknownNameError
        No such preset; the message gives the nearest.
    """
    if name not in preset_names():
        raise UnknownNameError(f"no preset called {name!r}{nearest(name, preset_names())}")
    return (resources.files("cryoal") / "presets" / f"{name}.toml").read_text(encoding="utf-8")


def from_tree(tree: Mapping[str, Any]) -> Config:
    """A checked config from nested dictionaries, as ``tomllib`` gives them."""
    return build_tree(Config, tree)


def build_tree(kind: type[D], tree: Mapping[str, Any]) -> D:
    """A tree of dataclasses from nested dictionaries, every key and type checked.

    Raises
    ------
    ConfigError
        An unknown key (the nearest is named), or a value of the wrong type or range.
    """
    return _build(kind, tree, "")


def to_tree(config: DataclassInstance) -> dict[str, Any]:
    """The config as nested dictionaries of plain values, the inverse of :func:`from_tree`."""
    plain: dict[str, Any] = _plain(asdict(config))
    return plain


def to_toml(config: DataclassInstance) -> str:
    """The config as TOML, every setting written out."""
    return tomli_w.dumps(to_tree(config))


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text  # a bare word: a name without its quotes


def _build(kind: type[D], tree: Mapping[str, Any], where: str) -> D:
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    for key in tree:
        if key not in names:
            raise ConfigError(f"unknown setting {where}{key!s}{nearest(key, names)}")
    values = {key: _checked(hints[key], value, f"{where}{key}") for key, value in tree.items()}
    try:
        return kind(**values)
    except TypeError as error:  # a field without a default is missing
        raise ConfigError(f"{where or 'config'}: {error}") from error


def _checked(hint: Any, value: Any, key: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, dict):
            raise ConfigError(f"expected {key} to be a section, found {value!r}")
        return _build(hint, value, f"{key}.")
    origin = get_origin(hint)
    if origin is Literal:
        if value not in get_args(hint):
            choices = ", ".join(map(str, get_args(hint)))
            raise ConfigError(f"expected {key} to be one of {choices}, found {value!r}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"expected {key} to be a list, found {value!r}")
        return tuple(_checked(get_args(hint)[0], item, key) for item in value)
    if origin in (types.UnionType, typing.Union):
        raise AssertionError(f"config field {key} may not be a union")
    if type(value) is int and value.bit_length() > (SEED_BITS if "seed" in key else INTEGER_BITS):
        raise ConfigError(f"expected {key} to be a smaller number, found {value:#x}")
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint or (hint is float and not math.isfinite(value)):
        raise ConfigError(f"expected {key} to be {_called(hint)}, found {value!r}")
    return value


def _called(hint: type) -> str:
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a name"}[hint]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
