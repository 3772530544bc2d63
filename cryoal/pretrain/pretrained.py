"""An encoder that learned from a campaign's own boxes, in memory and on disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import CryoALError, FileFormatError
from cryoal.foreign import foreign
from cryoal.models.build import build_network
from cryoal.records import is_there, read_json, write_json
from cryoal.training.checkpoint import fit_tensors, read_tensors, write_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.models.base import Network
    from cryoal.records import Json

__all__ = ["MADE_FROM", "Pretrained", "install_encoder", "read_pretrained", "write_pretrained"]

WEIGHTS, MADE_FROM = "encoder.safetensors", "made_from.json"
_FORMAT = "cryoal encoder 1"


@dataclass(frozen=True)
class Pretrained:
    """What self-supervision leaves behind.

    `made_from` says of what it is: ``method``, ``method_version``, ``embedding_version``, ``seed``,
    ``settings``, ``boxes`` (how many), ``box`` (their edge), ``side`` (that after the Fourier
    crop), ``steps``, ``loss`` (mean of the last 50), ``backbone``, ``width``, ``stem``, ``moves``
    and ``identity`` (of all that decides the weights).
    """

    encoder: Network
    """On the CPU or where it was trained, in eval mode."""
    made_from: dict[str, Json]

    @property
    def side(self) -> int:
        """Edge of the boxes that the encoder takes."""
        return int(self.made_from["side"])  # type: ignore[arg-type]

    @property
    def moves(self) -> NDArray[np.int64]:
        """Signs ``(m, 3)`` of z, y, x over which an embedding is averaged."""
        return np.array(self.made_from["moves"], dtype=np.int64)

    @property
    def columns(self) -> int:
        """Numbers of an embedding."""
        return self.encoder.head.weight.shape[1]

    @property
    def version(self) -> str:
        """Of the embedding: other weights, another version; 16 hexadecimal digits."""
        digest = hashlib.sha256(str(self.made_from["embedding_version"]).encode())
        for name, value in sorted(self.encoder.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.cpu().numpy().tobytes())
        return digest.hexdigest()[:16]


def write_pretrained(folder: Path, pretrained: Pretrained) -> None:
    """Write ``encoder.safetensors`` and then ``made_from.json`` to `folder`, each in one step."""
    facts = {"identity": pretrained.made_from["identity"]}
    write_tensors(folder / WEIGHTS, pretrained.encoder.state_dict(), _FORMAT, facts)
    # so that who has the embeddings of all boxes need not build the network to know that
    about: dict[str, Json] = {"version": pretrained.version, "columns": pretrained.columns}
    write_json(folder / MADE_FROM, {**pretrained.made_from, **about})


def install_encoder(
    folder: Path, weights: Mapping[str, Tensor], made_from: Mapping[str, Json]
) -> None:
    """Write an encoder that another campaign has, told by what :func:`write_pretrained` wrote."""
    folder.mkdir(exist_ok=True)
    (folder / MADE_FROM).unlink(missing_ok=True)
    write_tensors(folder / WEIGHTS, weights, _FORMAT, {"identity": made_from["identity"]})
    write_json(folder / MADE_FROM, dict(made_from))


def read_pretrained(folder: Path) -> Pretrained | None:
    """What :func:`write_pretrained` wrote, on the CPU; None where there is nothing, or only a part.

    Raises
    ------
    FileFormatError
        Damaged, or the two files are not of the same pretraining.
    """
    if not is_there(folder / MADE_FROM) or not is_there(folder / WEIGHTS):
        return None
    made_from = read_json(folder / MADE_FROM)
    tensors, facts = read_tensors(folder / WEIGHTS, _FORMAT)
    if facts.get("identity") != made_from.get("identity"):
        raise FileFormatError(f"expected {WEIGHTS} and {MADE_FROM} of one pretraining in {folder}")
    try:
        with foreign(folder / MADE_FROM, "a network that can be built"):
            encoder = build_network(
                made_from["backbone"],
                width=made_from["width"],
                stem=made_from["stem"],
                n_classes=2,
                seed=0,
            )
    except CryoALError as error:
        raise FileFormatError(f"{folder / MADE_FROM}: {error}") from error
    fit_tensors(encoder.state_dict(), tensors, folder / WEIGHTS)
    encoder.load_state_dict(tensors)
    return Pretrained(encoder.eval(), made_from)
