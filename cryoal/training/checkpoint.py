"""A trained pair on disk: two safetensors files that say what they are, readable without pickle."""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from cryoal.errors import FileFormatError
from cryoal.models.pairs import Pair, build_network, build_pair
from cryoal.records import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from cryoal.config import Config
    from cryoal.models.base import Network

__all__ = [
    "Card",
    "load_network",
    "load_pair",
    "read_card",
    "read_tensors",
    "save_pair",
    "start_pair",
    "write_tensors",
]

_FORMAT = "cryoal network 1"


@dataclass(frozen=True)
class Card:
    """What a file of weights says about itself."""

    role: str
    """``"teacher"`` or ``"student"``."""
    backbone: str
    width: int
    stem: str
    classes: tuple[str, ...]
    box: int
    """Edge in voxels of the boxes it learned from."""


def save_pair(folder: Path, pair: Pair, config: Config) -> None:
    """Write ``teacher.safetensors`` and ``student.safetensors`` into `folder`, each in one step."""
    for card, network in zip(_cards(config), (pair.teacher, pair.student), strict=True):
        facts = {key: getattr(card, key) for key in Card.__dataclass_fields__}
        write_tensors(folder / f"{card.role}.safetensors", network.state_dict(), _FORMAT, facts)


def load_pair(folder: Path, config: Config) -> Pair:
    """The pair that :func:`save_pair` wrote, on the CPU.

    Raises
    ------
    FileFormatError
        A file is damaged, or its network is not the one that `config` describes.
    """
    networks = []
    for wanted in _cards(config):
        path = folder / f"{wanted.role}.safetensors"
        found = read_card(path)
        for key in Card.__dataclass_fields__:
            if getattr(found, key) != getattr(wanted, key):
                raise FileFormatError(
                    f"expected {key} {_said(getattr(wanted, key))} in {path},"
                    f" found {_said(getattr(found, key))}"
                )
        networks.append(load_network(path))
    return Pair(*networks)


def start_pair(config: Config, *, seed: int, previous: Path | None = None) -> Pair:
    """The pair with which a cycle begins, by ``train.restart``.

    ``"scratch"``: new weights from `seed`. ``"warm"``: those in the folder `previous`, or new ones
    in the first cycle, when `previous` is None.
    """
    if config.train.restart == "warm" and previous is not None:
        return load_pair(previous, config)
    return build_pair(config.model, len(config.classes), seed)


def load_network(path: Path) -> Network:
    """The network in one file, on the CPU, built from what the file says about itself.

    Raises
    ------
    FileFormatError
        Not a file of ours, or its weights are not those of the network it names.
    """
    card = read_card(path)
    network = build_network(
        card.backbone, width=card.width, stem=card.stem, n_classes=len(card.classes), seed=0
    )
    tensors, _ = read_tensors(path, _FORMAT)
    fit_tensors(network.state_dict(), tensors, path)
    network.load_state_dict(tensors)
    return network


def read_card(path: Path) -> Card:
    """What the file says about itself, without reading the weights."""
    facts = _read_facts(path, _FORMAT)
    try:
        return Card(
            role=str(facts["role"]),
            backbone=str(facts["backbone"]),
            width=int(facts["width"]),
            stem=str(facts["stem"]),
            classes=tuple(str(name) for name in facts["classes"]),
            box=int(facts["box"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"expected {', '.join(Card.__dataclass_fields__)} in {path}, found {sorted(facts)}"
        ) from error


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], form: str, facts: Mapping[str, Any]
) -> None:
    """Write tensors and JSON facts as one safetensors file, in one step.

    The facts are JSON in the metadata of the file, so that both are of the same moment.

    Raises
    ------
    OSError
        The disk is full (``ENOSPC``), or the file cannot be written for another reason.
    """
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with replacing(path) as temporary:
        metadata = {"format": form, "facts": json.dumps(facts, ensure_ascii=False)}
        try:
            save_file(plain, temporary, metadata=metadata)
        except SafetensorError as error:  # the library has no error of its own for a full disk
            full = "os error 28" in str(error)
            number = errno.ENOSPC if full else errno.EIO
            raise OSError(number, str(error), str(path)) from error


def read_tensors(path: Path, form: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What :func:`write_tensors` wrote.

    Raises
    ------
    FileFormatError
        Not a safetensors file, truncated, or of another form.
    """
    facts = _read_facts(path, form)
    with safe_open(path, framework="pt", device="cpu") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    return tensors, facts


def fit_tensors(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Refuse tensors that are not those expected; names the first."""
    for key in sorted(expected.keys() | found.keys()):
        want, have = _shape(expected.get(key)), _shape(found.get(key))
        if want != have:
            raise FileFormatError(f"expected {key} {want} in {path}, found {have}")


def _read_facts(path: Path, form: str) -> dict[str, Any]:
    if not path.is_file():
        raise FileFormatError(f"expected a safetensors file, found nothing at {path}")
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise FileFormatError(f"expected a safetensors file at {path}, found {error}") from error
    if metadata.get("format") != form:
        raise FileFormatError(
            f"expected format {form!r} in {path}, found {metadata.get('format')!r}"
        )
    facts: dict[str, Any] = json.loads(metadata["facts"])
    return facts


def _cards(config: Config) -> tuple[Card, Card]:
    model = config.model
    teacher, student = (
        Card(role, backbone, model.width, model.stem, config.classes, config.pool.box)
        for role, backbone in (("teacher", model.teacher), ("student", model.student))
    )
    return teacher, student


def _shape(tensor: Tensor | None) -> str:
    return "nothing" if tensor is None else f"{tuple(tensor.shape)} {tensor.dtype}"


def _said(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
