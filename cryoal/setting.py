"""What a setting may be."""

from __future__ import annotations

from cryoal.errors import ConfigError

__all__ = ["require"]


def require(holds: bool, key: str, expected: str, found: object) -> None:
    """Raise ConfigError, with what was expected of the setting `key`, unless it `holds`."""
    if not holds:
        raise ConfigError(f"expected {key} {expected}, found {found!r}")
