"""What a campaign has learnt, in one file: a card in JSON and tensors, never code.

The file is safetensors. Its metadata hold the card, whose ``digest`` is of the card and of every
bit of the tensors, so that what was changed on the way is noticed. It needs no other file: the
labelled boxes are in it as numbers (descriptors, and voxels if that was asked for), from which
heads are fitted anew wherever it is used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cryoal.companions import COMPANIONS
from cryoal.companions.build import build_team
from cryoal.config import from_tree
from cryoal.data.normalise import BOUND
from cryoal.errors import CampaignVersionError, CryoALError, FileFormatError
from cryoal.foreign import foreign
from cryoal.how_many import how_many
from cryoal.models.build import build_network
from cryoal.training.checkpoint import fit_tensors, read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import Config

__all__ = ["NORMALISATION", "VERSION", "Model", "ModelCard", "read_model", "write_model"]

VERSION = 1
"""Of the layout; a newer one is refused."""

_FORMAT = "cryoal model"

NORMALISATION = (
    f"(voxel - background) / scatter of its tomogram, within {BOUND:g}, particles positive"
)

MOST_BYTES = 4 << 30
"""Of a file: a model of 100,000 labels with its pair has a tenth of that; it is read whole."""

MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class ModelCard:
    """What a model says about itself."""

    made_by: str
    """Package and version that wrote it."""
    time: str
    campaign: str
    """Id of the campaign that it is of."""
    classes: tuple[str, ...]
    labels: dict[str, int]
    """Labels of each class that it learnt from."""
    voxel_spacing: float
    """Angstrom."""
    box: int
    """Edge of the boxes, voxels."""
    density: tuple[str, ...]
    """``white``, ``black`` or both: how particles are in the tomograms, before normalisation."""
    normalisation: str
    side: int
    """Voxels to which boxes are Fourier-cropped for descriptors."""
    blocks: dict[str, tuple[str, int]]
    """Version and number of columns of each descriptor."""
    tomograms: int
    boxes: int
    """Of the whole pool."""
    classifier: str
    """``heads``, ``teacher`` or ``mean``."""
    networks: tuple[str, ...]
    """``teacher`` and the companions whose weights are here."""
    encoder: dict[str, Any] | None
    """What the encoder was made from; None without one."""
    holds_boxes: bool
    """Whether the voxels of the labelled boxes are here."""
    settings: dict[str, Any]
    """The whole ``campaign.toml``."""
    digest: str = ""
    """SHA-256 of all that the file says."""

    @property
    def config(self) -> Config:
        """The settings.

        Raises
        ------
        ConfigError
            Some are not those of this cryoal.
        """
        return from_tree(self.settings)

    def lines(self) -> list[str]:
        """The facts as a person would say them."""
        each = ", ".join(f"{name} {n}" for name, n in self.labels.items())
        nets = ", ".join(self.networks) or "none"
        model = self.settings.get("model", {})
        query = self.settings.get("query", {})
        return [
            f"classes        {', '.join(self.classes)}",
            f"labels         {sum(self.labels.values())} ({each}), of "
            f"{how_many(self.boxes, 'box')} from {how_many(self.tomograms, 'tomogram')}",
            f"boxes          {self.box}^3 voxels of {self.voxel_spacing:g} A",
            f"density        {' and '.join(self.density)}",
            f"normalisation  {self.normalisation}",
            f"classifier     {self.classifier}; descriptors {', '.join(self.blocks)}",
            f"networks       {nets} ({model.get('teacher')} and {model.get('student')}, width "
            f"{model.get('width')}); strategy {query.get('strategy')}",
            f"voxels         {'of the labelled boxes' if self.holds_boxes else 'none'}",
            f"made           by {self.made_by}, {self.time}, of campaign {self.campaign}",
            f"digest         {self.digest}",
        ]


@dataclass(frozen=True)
class Model:
    """A card, and the tensors by name.

    ``rows/BLOCK`` ``(labels, columns)``, ``free/BLOCK`` of some boxes without a label,
    ``mean/BLOCK`` and ``deviation/BLOCK`` of the whole pool; ``label`` and ``group`` ``(labels,)``;
    ``voxels`` ``(labels, box, box, box)`` float16; ``encoder/...``, ``teacher/...`` and so on.
    """

    card: ModelCard
    tensors: dict[str, Tensor] = field(repr=False)

    def array(self, name: str) -> NDArray[Any]:
        """One of the tensors."""
        found: NDArray[Any] = self.tensors[name].numpy()
        return found

    def blocks(self, kind: str) -> dict[str, NDArray[Any]]:
        """``rows``, ``free``, ``mean`` or ``deviation`` of every descriptor."""
        return {name: self.array(f"{kind}/{name}") for name in self.card.blocks}

    def weights(self, role: str) -> dict[str, Tensor]:
        """Of ``encoder``, ``teacher`` or a companion, by the names in the network."""
        start = f"{role}/"
        return {n.removeprefix(start): t for n, t in self.tensors.items() if n.startswith(start)}


def write_model(path: Path, model: Model) -> ModelCard:
    """Write `model` to `path` in one step; returns its card, with the digest."""
    facts = _plain(model.card)
    facts["digest"] = _digest(facts, model.tensors)
    write_tensors(path, model.tensors, f"{_FORMAT} {VERSION}", facts)
    return _card(facts, path)


def read_model(path: Path) -> Model:
    """The model in `path`, every number of it looked at.

    Raises
    ------
    FileFormatError
        No such file, none of ours, cut short, changed, or of parts that do not fit together.
    CampaignVersionError
        Written by a newer cryoal.
    """
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise FileFormatError(
            f"expected a model of at most {MOST_BYTES >> 30} GB, found {path} of "
            f"{path.stat().st_size / 2**30:.1f} GB"
        )
    _require_version(path)
    tensors, facts = read_tensors(path, f"{_FORMAT} {VERSION}")
    card = _card(facts, path)
    if card.digest != _digest({**facts, "digest": ""}, tensors):
        raise FileFormatError(
            f"expected the digest {card.digest[:12]} that {path} names, found another: it was "
            "changed; get it anew, or export it again"
        )
    _require_sound(card, tensors, path)
    return Model(card, tensors)


def _require_version(path: Path) -> None:
    from safetensors import safe_open

    if not path.is_file():
        what = "a folder that is no campaign" if path.is_dir() else "nothing"
        raise FileFormatError(f"expected a model (cryoal model export), found {what} at {path}")
    with foreign(path, "a model (cryoal model export)"), safe_open(path, framework="np") as file:
        form = str((file.metadata() or {}).get("format"))
    kind, _, version = form.rpartition(" ")
    if kind != _FORMAT:
        raise FileFormatError(f"expected a model (cryoal model export) in {path}, found {form!r}")
    if version.isdecimal() and len(version) < 9 and int(version) > VERSION:
        raise CampaignVersionError(
            f"expected a model of version {VERSION} or older in {path}, found {version}: it was "
            "written by a newer cryoal; update cryoal"
        )


def _plain(card: ModelCard) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps({**asdict(card), "digest": ""}))
    return plain


def _digest(facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    found = hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode())
    for name, value in sorted(tensors.items()):
        found.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        bits: NDArray[np.uint8] = value.contiguous().reshape(-1).view(torch.uint8).numpy()
        found.update(bits.data)
    return found.hexdigest()


def _card(facts: Mapping[str, Any], path: Path) -> ModelCard:
    with foreign(path, "the card of a model"):
        encoder = facts["encoder"]
        card = ModelCard(
            made_by=str(facts["made_by"]),
            time=str(facts["time"]),
            campaign=str(facts["campaign"]),
            normalisation=str(facts["normalisation"]),
            classifier=str(facts["classifier"]),
            digest=str(facts["digest"]),
            box=int(facts["box"]),
            side=int(facts["side"]),
            tomograms=int(facts["tomograms"]),
            boxes=int(facts["boxes"]),
            classes=tuple(str(name) for name in facts["classes"]),
            labels={str(name): int(n) for name, n in facts["labels"].items()},
            voxel_spacing=float(facts["voxel_spacing"]),
            density=tuple(str(name) for name in facts["density"]),
            blocks={
                str(name): (str(version), int(columns))
                for name, (version, columns) in facts["blocks"].items()
            },
            networks=tuple(str(name) for name in facts["networks"]),
            encoder=None if encoder is None else dict(encoder),
            holds_boxes=bool(facts["holds_boxes"]),
            settings=dict(facts["settings"]),
        )
    try:
        config = card.config
    except CryoALError as error:
        raise FileFormatError(f"{path}: {error}") from error
    known = {"teacher", *COMPANIONS.names()}
    _expect(path, "classes as in its settings", config.classes == card.classes, card.classes)
    _expect(path, "a box as in its settings", config.pool.box == card.box, card.box)
    _expect(path, "a side within the box", 2 <= card.side <= card.box, card.side)
    spacing = card.voxel_spacing
    _expect(path, "a voxel spacing > 0", 0 < spacing < float("inf"), spacing)
    _expect(path, "white or black", set(card.density) <= {"white", "black"}, card.density)
    _expect(path, f"networks among {sorted(known)}", set(card.networks) <= known, card.networks)
    _expect(path, "this normalisation", card.normalisation == NORMALISATION, card.normalisation)
    return card


def _require_sound(card: ModelCard, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Refuse parts that do not fit together, and numbers that are none."""

    def need(name: str, dtype: torch.dtype, *shape: int) -> None:
        found = tensors.get(name)
        told = "nothing" if found is None else f"{tuple(found.shape)} {found.dtype}"
        good = found is not None and found.dtype == dtype and tuple(found.shape) == shape
        _expect(path, f"{name} {shape} {dtype}", good, told)

    n = sum(card.labels.values())
    _expect(path, "a million labels or fewer", 0 <= n <= MOST_ROWS, n)
    for name in ("label", "group"):
        need(name, torch.int64, n)
    m = len(tensors[f"free/{next(iter(card.blocks))}"]) if card.blocks else 0
    for name, (_, columns) in card.blocks.items():
        need(f"rows/{name}", torch.float32, n, columns)
        need(f"free/{name}", torch.float32, m, columns)
        need(f"mean/{name}", torch.float64, columns)
        need(f"deviation/{name}", torch.float64, columns)
    if card.holds_boxes:
        need("voxels", torch.float16, n, card.box, card.box, card.box)
    counts = np.bincount(_label_in_range(card, tensors, path), minlength=len(card.classes))
    said = [card.labels.get(name, 0) for name in card.classes]
    _expect(path, f"labels {said} of its classes", counts.tolist() == said, counts.tolist())
    for name, value in tensors.items():
        if value.dtype.is_floating_point:
            _expect(path, f"finite numbers as {name}", bool(torch.isfinite(value).all()), "others")
    _require_networks(card, tensors, path)


def _require_networks(card: ModelCard, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Refuse weights that are not those of the networks named; none is built for it."""
    model = Model(card, dict(tensors))
    encoder = card.encoder
    with foreign(path, "networks that can be built"), torch.device("meta"):
        config = card.config
        wanted = {}
        if card.networks:
            companions = [role for role in card.networks if role != "teacher"]
            wanted = dict(build_team(config, companions, seed=0).models())
        if encoder is not None:
            names = {name: encoder[name] for name in ("backbone", "width", "stem")}
            told = (config.model.student, config.model.width, config.model.stem)
            _expect(path, f"an encoder of {told}", tuple(names.values()) == told, names)
            backbone = names.pop("backbone")
            wanted["encoder"] = build_network(backbone, **names, n_classes=2, seed=0)
    _expect(path, f"networks {', '.join(wanted)}", {*wanted} >= {*card.networks}, card.networks)
    for role, network in wanted.items():
        fit_tensors(network.state_dict(), model.weights(role), path)
    if encoder is not None:
        with foreign(path, "what an encoder was made from"):
            identity, version = str(encoder["identity"]), str(encoder["version"])
            whole = min(int(encoder["side"]), int(encoder["box"]), int(encoder["columns"])) > 0
            sound = whole and np.array(encoder["moves"], np.int64).ndim == 2
        _expect(
            path, "what an encoder was made from", sound and bool(identity and version), encoder
        )


def _label_in_range(
    card: ModelCard, tensors: Mapping[str, Tensor], path: Path
) -> NDArray[np.int64]:
    label: NDArray[np.int64] = tensors["label"].numpy()
    good = not len(label) or 0 <= label.min() <= label.max() < len(card.classes)
    _expect(path, f"class numbers below {len(card.classes)}", bool(good), "others")
    return label


def _expect(path: Path, what: str, holds: bool, found: object) -> None:
    if not holds:
        raise FileFormatError(f"expected {what} in {path}, found {found}")
