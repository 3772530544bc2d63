"""Who trains one team together: one process, or several that share each batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cryoal.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from torch import Tensor

__all__ = ["BY_ITSELF", "Company", "part_of", "require_enough"]

T = TypeVar("T")


class Company(Protocol):
    """Processes that hold the same team and see a part of each batch each; all take every step.

    All of them call the same things in the same order.
    """

    @property
    def rank(self) -> int:
        """Which of them this is; 0 is the one that writes files and is listened to."""
        ...

    @property
    def size(self) -> int:
        """How many they are."""
        ...

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum of all their tensors, in place of `tensor`."""
        ...

    def told(self, value: T) -> T:
        """What the first has, for each of them; it may take as long as the first takes."""
        ...

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the others, who wait for it, call `function` with the company and `arguments`."""
        ...

    def ready(self) -> AbstractContextManager[None]:
        """For what each prepares: where one of them fails, all do, and the first says who."""
        ...


class _ByItself:
    rank, size = 0, 1

    def sum(self, tensor: Tensor) -> Tensor:
        return tensor

    def told(self, value: T) -> T:
        return value

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        del function, arguments

    def ready(self) -> AbstractContextManager[None]:
        from contextlib import nullcontext

        return nullcontext()


BY_ITSELF: Company = _ByItself()
"""One process, which has nobody to wait for."""


def part_of(company: Company, rows: Any) -> slice:
    """Which of `rows` this one sees: parts differ by one row at most, and follow one another.

    Examples
    --------
    >>> part_of(BY_ITSELF, [4, 1, 7])
    slice(0, 3, None)
    """
    n, size = len(rows), company.size
    return slice(company.rank * n // size, (company.rank + 1) * n // size)


def require_enough(company: Company, smallest: int) -> None:
    """Make sure that everybody sees a box of each batch; `smallest` is that of fewest boxes.

    Raises
    ------
    ConfigError
        There are fewer boxes in it than processes.
    """
    if smallest < company.size:
        raise ConfigError(
            f"expected batches of at least {company.size} boxes for as many processes, found"
            f" {smallest} in one: start fewer, or raise train.batch_size"
        )
