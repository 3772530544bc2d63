"""Whether what carries work elsewhere is installed."""

from __future__ import annotations

from importlib.util import find_spec

from cryoal.errors import CrewError

__all__ = ["has_extra", "require_extra"]


def has_extra(package: str = "distributed") -> bool:
    """Whether `package` of the extra ``cluster`` is there."""
    return find_spec(package) is not None


def require_extra(package: str) -> None:
    """Make sure of it.

    Raises
    ------
    CrewError
        It is not; the message says how it is installed.
    """
    if not has_extra(package):
        raise CrewError(
            f"expected {package} for work on several processes, found it absent: "
            "pip install '.[cluster]' in cryoal's clone"
        )
