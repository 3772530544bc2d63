"""Libraries that only some formats need, asked for when a file of theirs comes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cryoal.errors import TomogramError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["require_extra"]


def require_extra(module: str, format_name: str, path: Path) -> Any:
    """The library called `module`.

    Raises
    ------
    TomogramError
        It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise TomogramError(
            f"expected the package {module} for {format_name}, found none: pip install "
            f"'cryoal[formats]' to read {path}"
        ) from error
