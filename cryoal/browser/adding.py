"""Tomograms and picks that a page has chosen: a look at them, and the command that adds them."""

from __future__ import annotations

import base64
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.errors import CampaignBusyError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.browser.under import Under
    from cryoal.records import Json

__all__ = ["Chosen", "chosen", "look"]

TEXTS = ("format", "tomogram_column", "unit", "axes", "level", "source")
NUMBERS = ("voxel_size", "coordinate_spacing", "min_distance", "min_score")
CHOICES = {"density": ("white", "black"), "outside": ("refuse", "skip")}

_looking = threading.Lock()  # one at a time: it takes all processors


@dataclass(frozen=True)
class Chosen:
    """What is to be added; paths are resolved and under the folder."""

    tomograms: tuple[Path, ...]
    picks: Path
    star: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """By the name of the command's option, with underscores."""

    def words(self, *, check: bool = True) -> list[str]:
        """The command, without the directory."""
        options = {"tomograms": self.star, **self.options}
        return [
            "add",
            *map(str, self.tomograms),
            f"--picks={self.picks}",
            *(f"--{name.replace('_', '-')}={v}" for name, v in options.items() if v is not None),
            *([] if check else ["--no-check"]),
        ]


def chosen(under: Under, body: Mapping[str, Any]) -> Chosen:
    """What a page has sent.

    Raises
    ------
    ConfigError
        Something is not as the command takes it.
    OutsideError
        A file that is not there, or not under the folder.
    """
    match body:
        case {"tomograms": list(names), "picks": str(picks)}:
            pass
        case _:
            raise ConfigError("expected tomograms and picks")
    if not all(isinstance(name, str) for name in names):
        raise ConfigError("expected names of tomograms")
    if not picks:
        raise ConfigError("expected a file of picks, found none chosen")
    told = body.get("options", {})
    if not isinstance(told, dict):
        raise ConfigError("expected options by name")
    options = {name: value for name, value in told.items() if value not in ("", None)}
    star = options.pop("tomograms", None)
    return Chosen(
        tuple(under.there(name) for name in dict.fromkeys(names)),
        under.there(picks),
        None if star is None else under.there(str(star)),
        {name: _option(name, value) for name, value in options.items()},
    )


def look(what: Chosen, box: int) -> dict[str, Json]:
    """What ``cryoal picks`` and ``cryoal check`` say, with the picture.

    Raises
    ------
    CampaignBusyError
        Somebody else's picks are being looked at.
    CryoALError
        They cannot be read, or no tomogram is there for them.
    """
    from cryoal.campaign.check import check, of_files
    from cryoal.campaign.check_picture import write_picture
    from cryoal.campaign.check_said import lines, sentence
    from cryoal.io.picks.preview import preview
    from cryoal.io.picks.project import tomogram_files
    from cryoal.io.picks.read import read_picks
    from cryoal.io.volumes.base import Told

    told = what.options
    table = read_picks(
        what.picks,
        format_name=told.get("format"),
        tomograms=what.star,
        coordinate_spacing=_number(told, "coordinate_spacing"),
        tomogram_column=told.get("tomogram_column"),
    )
    said = {"picks": preview(table).lines()}
    if not _looking.acquire(timeout=60):
        raise CampaignBusyError("expected nobody else to look at picks, found somebody who does")
    try:
        subjects = of_files(
            what.tomograms,
            table,
            told=Told(
                _number(told, "voxel_size"), told.get("unit"), told.get("level"), told.get("axes")
            ),
            listed=tomogram_files(table),
        )
        found = check(subjects, box)
        with tempfile.TemporaryDirectory(prefix="cryoal-") as folder:
            picture = Path(folder) / "check.png"
            write_picture(found, picture)
            image = base64.b64encode(picture.read_bytes()).decode("ascii")
    finally:
        _looking.release()
    return {
        **said,
        "check": [line for one in found.tomograms for line in lines(one)],
        "sentence": sentence(found),
        "is_wrong": found.is_wrong,
        "picture": f"data:image/png;base64,{image}",
    }


def _option(name: str, value: object) -> str:
    if name in TEXTS and isinstance(value, str) and value.isprintable() and len(value) < 200:
        return value
    if name in NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    if name in CHOICES and value in CHOICES[name]:
        return str(value)
    if name not in (*TEXTS, *NUMBERS, *CHOICES):
        raise ConfigError(f"no option {name!r} to add with")
    raise ConfigError(f"expected a value for {name}, found {value!r}")


def _number(told: Mapping[str, str], name: str) -> float | None:
    return float(told[name]) if name in told else None
