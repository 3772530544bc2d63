"""What a strategy may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Evidence", "Head"]


class Head(NamedTuple):
    """A last layer: logits are ``embedding @ weight.T + bias``."""

    weight: NDArray[np.float32]
    """``(classes, features)``."""
    bias: NDArray[np.float32]
    """``(classes,)``."""


@dataclass(frozen=True)
class Evidence:
    """Candidates by key, and what the strategy needs of each; rows in the order of `keys`.

    Each field is an attribute: ``evidence.log_posterior`` is ``(n, classes)``. What there is, with
    shapes and units, is declared where it is made and told by
    :func:`cryoal.scoring.fields.all_fields`.
    """

    keys: Sequence[str]
    values: Mapping[str, NDArray[np.float32]]
    """Fields by name."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What is known beside the candidates: ``head``, ``labelled_class``, ``labelled_<field>``."""

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, name: object) -> bool:
        """Whether that field is here: before anything is learnt a strategy gets `cold_needs`."""
        return name in self.values or name in self.context

    @property
    def head(self) -> Head:
        """The classifier's last layer."""
        found: Head = self._known("head")
        return found

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_"):  # asked by copy and pickle before there are values
            raise AttributeError(name)
        found: NDArray[Any] = self._known(name)
        return found

    def _known(self, name: str) -> Any:
        if name not in self:
            raise LookupError(f"expected {name!r} among the needs of the strategy")
        return self.values[name] if name in self.values else self.context[name]
