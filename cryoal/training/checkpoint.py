"""A trained team on disk: safetensors files that say what they are, readable without pickle."""

from __future__ import annotations

import errno
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from cryoal.checks import CHECK, crc32c, with_check
from cryoal.companions.build import build_team
from cryoal.errors import CryoALError, FileFormatError
from cryoal.foreign import foreign
from cryoal.models.build import build_network
from cryoal.records import entries, parse_json, replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.models.base import Network

__all__ = [
    "Card",
    "check_weights",
    "load_network",
    "load_team",
    "read_card",
    "read_tensors",
    "save_team",
    "saved_companions",
    "start_team",
    "write_tensors",
]

_FORMAT = "cryoal network 1"


@dataclass(frozen=True)
class Card:
    """What a file of weights says about itself."""

    role: str
    """``"teacher"``, or the name of a companion."""
    backbone: str
    width: int
    stem: str
    channels: int
    classes: tuple[str, ...]
    box: int
    """Edge in voxels of the boxes it learned from."""


def save_team(folder: Path, team: Team, config: Config) -> None:
    """Write ``teacher.safetensors`` and a file for each companion to `folder`, each in one step."""
    for role, model in team.models().items():
        facts = asdict(_card(role, config))
        write_tensors(folder / f"{role}.safetensors", model.state_dict(), _FORMAT, facts)


def load_team(
    folder: Path,
    config: Config,
    companions: Iterable[str] | None = None,
    *,
    shape: tuple[int, ...] | None = None,
) -> Team:
    """The team that :func:`save_team` wrote, on the CPU, in eval mode.

    Parameters
    ----------
    companions
        Which of them; default all that are there.
    shape
        As for :func:`cryoal.companions.build.build_team`.

    Raises
    ------
    FileFormatError
        A file is damaged, or its model is not the one that `config` describes.
    """
    if companions is None:
        companions = saved_companions(folder)
    team = build_team(config, companions, seed=0, shape=shape)
    for role, model in team.models().items():
        path = folder / f"{role}.safetensors"
        found, wanted = read_card(path), _card(role, config)
        for key in Card.__dataclass_fields__:
            if getattr(found, key) != getattr(wanted, key):
                raise FileFormatError(
                    f"expected {key} {_said(getattr(wanted, key))} in {path},"
                    f" found {_said(getattr(found, key))}"
                )
        _fill(model, path)
    team.train(False)
    return team


def saved_companions(folder: Path) -> list[str]:
    """Names of the companions that have a file in `folder`."""
    ending = ".safetensors"
    found = (n.removesuffix(ending) for n in entries(folder) if n.endswith(ending) and n[0] != ".")
    return sorted(name for name in found if name not in ("teacher", "checkpoint"))


def start_team(
    config: Config,
    companions: Iterable[str] = ("student",),
    *,
    seed: int,
    dropout: float = 0.0,
    previous: Path | None = None,
    shape: tuple[int, ...] | None = None,
) -> Team:
    """The team with which a cycle begins, by ``train.restart``.

    ``"scratch"``: new weights from `seed`. ``"warm"``: those in the folder `previous`, or new ones
    in the first cycle, when `previous` is None, and for companions that it does not hold.
    """
    team = build_team(config, companions, seed=seed, dropout=dropout, shape=shape)
    if config.train.restart == "warm" and previous is not None:
        for role, model in team.models().items():
            path = previous / f"{role}.safetensors"
            if role == "teacher" or path.exists():
                _fill(model, path)
    return team


def load_network(path: Path) -> Network:
    """The teacher in one file, on the CPU, built from what the file says about itself.

    Raises
    ------
    FileFormatError
        Not a teacher's file of ours, or its weights are not those of the network it names.
    """
    tensors, facts = read_tensors(path, _FORMAT)
    card = _as_card(facts, path)
    if card.role != "teacher":
        raise FileFormatError(f"expected the file of a teacher, found that of {card.role}: {path}")
    n_weights = sum(tensor.numel() for tensor in tensors.values())
    if max(card.width, card.channels, len(card.classes)) > n_weights:  # too large to be built
        raise FileFormatError(
            f"expected a network of {n_weights} weights in {path}, found width {card.width}, "
            f"{card.channels} channels and {len(card.classes)} classes"
        )
    try:
        with foreign(path, "a network that can be built"):
            network = build_network(
                card.backbone,
                width=card.width,
                stem=card.stem,
                n_classes=len(card.classes),
                channels=card.channels,
                seed=0,
            )
    except CryoALError as error:
        raise FileFormatError(f"{path}: {error}") from error
    _fit(network, tensors, path)
    return network.eval()


def _fill(model: nn.Module, path: Path) -> None:
    tensors, _ = read_tensors(path, _FORMAT)
    _fit(model, tensors, path)


def _fit(model: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    fit_tensors(model.state_dict(), tensors, path)
    model.load_state_dict(tensors)


def read_card(path: Path) -> Card:
    """What the file says about itself, without reading the weights."""
    return _as_card(_facts(_read_metadata(path, _FORMAT), path), path)


def _as_card(facts: Mapping[str, Any], path: Path) -> Card:
    try:
        return Card(
            role=str(facts["role"]),
            backbone=str(facts["backbone"]),
            width=int(facts["width"]),
            stem=str(facts["stem"]),
            channels=int(facts["channels"]),
            classes=tuple(str(name) for name in facts["classes"]),
            box=int(facts["box"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FileFormatError(
            f"expected {', '.join(Card.__dataclass_fields__)} in {path}, found {sorted(facts)}"
        ) from error


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], form: str, facts: Mapping[str, Any]
) -> None:
    """Write tensors and JSON facts as one safetensors file, in one step.

    The facts are JSON in the metadata of the file, so that both are of the same moment; a check of
    both is there too.

    Raises
    ------
    OSError
        The disk is full (``ENOSPC``), or the file cannot be written for another reason.
    """
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with replacing(path) as temporary:
        text = json.dumps(facts, ensure_ascii=False)
        metadata = {"format": form, "facts": text, CHECK: _check(plain, text)}
        try:
            save_file(plain, temporary, metadata=metadata)
        except SafetensorError as error:  # the library has no error of its own for a full disk
            full = "os error 28" in str(error)
            number = errno.ENOSPC if full else errno.EIO
            raise OSError(number, str(error), str(path)) from error


def check_weights(path: Path) -> None:
    """Read a file that :func:`write_tensors` wrote, of any form, and compare its check.

    Raises
    ------
    FileFormatError
        As :func:`read_tensors`.
    """
    read_tensors(path, None)


def read_tensors(path: Path, form: str | None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What :func:`write_tensors` wrote.

    Raises
    ------
    FileFormatError
        Not a safetensors file, truncated, of another form, or changed since it was written.
    """
    metadata = _read_metadata(path, form)
    with foreign(path, "a safetensors file"), safe_open(path, framework="pt", device="cpu") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    text = metadata["facts"]
    if metadata.get(CHECK, _check(tensors, text)) != _check(tensors, text):
        raise FileFormatError(
            f"expected {path} as it was written, found it changed: restore it from a copy"
        )
    return tensors, _facts(metadata, path)


def fit_tensors(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Refuse tensors that are not those expected; names the first."""
    for key in sorted(expected.keys() | found.keys()):
        want, have = _shape(expected.get(key)), _shape(found.get(key))
        if want != have:
            raise FileFormatError(f"expected {key} {want} in {path}, found {have}")


def _read_metadata(path: Path, form: str | None) -> dict[str, str]:
    if not path.is_file():
        raise FileFormatError(f"expected a safetensors file, found nothing at {path}")
    with foreign(path, "a safetensors file"), safe_open(path, framework="pt", device="cpu") as file:
        metadata: dict[str, str] = {"facts": "{}", **(file.metadata() or {})}
    if form is not None and metadata.get("format") != form:
        raise FileFormatError(
            f"expected format {form!r} in {path}, found {metadata.get('format')!r}"
        )
    return metadata


def _facts(metadata: Mapping[str, str], path: Path) -> dict[str, Any]:
    facts = parse_json(metadata["facts"], path)
    if not isinstance(facts, dict):
        raise FileFormatError(f"expected facts by name in {path}, found {type(facts).__name__}")
    return facts


def _check(tensors: Mapping[str, Tensor], facts: str) -> str:
    """Check of every name, shape and type, of all bits, and of the facts."""
    told = {
        name: [str(value.dtype), list(value.shape), crc32c(_bits(value))]
        for name, value in tensors.items()
    }
    check: str = with_check({"tensors": told, "facts": facts})[CHECK]
    return check


def _bits(tensor: Tensor) -> memoryview:
    if tensor.numel() == 0:
        return memoryview(b"")
    bits: Any = tensor.reshape(-1).view(torch.uint8).numpy()  # mypy does not take it for a buffer
    return memoryview(bits)


def _card(role: str, config: Config) -> Card:
    model = config.model
    backbone = model.student if role == "student" else model.teacher
    return Card(
        role, backbone, model.width, model.stem, model.channels, config.classes, config.pool.box
    )


def _shape(tensor: Tensor | None) -> str:
    return "nothing" if tensor is None else f"{tuple(tensor.shape)} {tensor.dtype}"


def _said(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
