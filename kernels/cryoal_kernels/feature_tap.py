"""Take the attention map of a module's output as it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from torch import Tensor

from cryoal_kernels.attention import attention_map, tap

if TYPE_CHECKING:
    from torch import nn

__all__ = ["FeatureTap"]


class FeatureTap:
    """A hook on a module that keeps the :func:`attention_map` of its last output.

    The module's output is passed on, and where gradients flow, that of the map is added to that of
    the output in one kernel (:func:`tap`). Features need not be kept for the loss: a teacher under
    ``torch.no_grad()`` frees them as it goes.

    Parameters
    ----------
    module
        Its output is one tensor ``(n, c, ...)`` that the next layer does not change in place.
    detach
        For the teacher: the map has no gradient, and the output is left alone.

    Examples
    --------
    >>> import torch
    >>> layer = torch.nn.Conv2d(1, 3, 3, padding=1)
    >>> with FeatureTap(layer) as tapped:
    ...     _ = layer(torch.zeros(2, 1, 4, 4))
    >>> tapped.map.shape
    torch.Size([2, 16])
    """

    def __init__(self, module: nn.Module, *, detach: bool = False) -> None:
        self.detach = detach
        self._map: Tensor | None = None
        self._handle = module.register_forward_hook(self._take)

    @property
    def map(self) -> Tensor:
        """``(n, voxels)`` of the last forward.

        Raises
        ------
        LookupError
            There was none yet.
        """
        if self._map is None:
            raise LookupError("expected a forward of the tapped module before its map is read")
        return self._map

    def remove(self) -> None:
        """Unhook; the last map stays."""
        self._handle.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _take(self, module: nn.Module, inputs: object, output: Tensor) -> Tensor | None:
        if not isinstance(output, Tensor):
            raise TypeError(f"expected a module whose output is a tensor, found {type(output)}")
        if self.detach:
            self._map = attention_map(output.detach())
            return None
        output, self._map = tap(output)
        return output
