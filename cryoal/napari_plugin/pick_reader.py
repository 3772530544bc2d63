"""A file of picks, dropped on napari: Points where its particles are in the tomogram on show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from weakref import WeakKeyDictionary

import napari
from napari.utils.notifications import show_info
from qtpy.QtCore import QTimer

from cryoal.errors import CryoALError, PicksError
from cryoal.io.picks.file import PickFile
from cryoal.io.picks.fit import require_fit
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.project import tomogram_files
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.telling import fitting
from cryoal.io.picks.tilt_series import geometry_of
from cryoal.io.picks.unit import read_alone
from cryoal.io.volumes.base import frame_of
from cryoal.io.volumes.open import open_volume
from cryoal.marks import marks_of
from cryoal.napari_plugin.asking import ask_choice, ask_number
from cryoal.napari_plugin.neighbours import looks_of
from cryoal.napari_plugin.open_tomograms import Seen, image_of, images_here, is_tomogram, place_of
from cryoal.napari_plugin.units import units_here

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari.viewer import Viewer

    from cryoal.io.picks.geometry import Located
    from cryoal.io.picks.picks import Picks
    from cryoal.napari_plugin.open_tomograms import OpenImage
    from cryoal.napari_plugin.reader import LayerData

__all__ = ["are_picks", "is_motive_list", "read_pick_file"]

MANY = 20  # tomograms: napari slows down with the number of its layers
DIAMETER = 120.0  # angstrom of a point on the screen
BYTE_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
PATIENCE = 1500  # milliseconds before it is said that picks wait
FEW = 8  # classes that colours and shapes tell apart

Look: TypeAlias = "Callable[[Any], None]"
_WAITING: WeakKeyDictionary[Viewer, dict[Path, tuple[Look, set[str]]]] = WeakKeyDictionary()
"""By viewer and file, what looks whether a tomogram came, and the names that still wait."""


@dataclass(frozen=True)
class _Placed:
    """Picks of one tomogram, for :func:`~cryoal.io.picks.fit.require_fit`."""

    name: str
    path: Path
    geometry: Geometry
    located: Located
    image: OpenImage | None = None


def are_picks(path: Path) -> bool:
    """Whether what is at `path` is a file or folder of picks of any format that we read."""
    try:
        return bool(fitting(PickFile(path)))
    except (CryoALError, OSError):
        return False


def is_motive_list(path: Path) -> bool:
    """Whether it is an EM file of one section, 20 numbers wide: no volume but picks."""
    given = PickFile(path)
    if given.suffix != ".em":
        return False
    x, y, z = (given.head[at : at + 4] for at in (4, 8, 12))
    return len(y) == 4 and any(
        (int.from_bytes(x, order), int.from_bytes(z, order)) == (20, 1) for order in BYTE_ORDERS
    )


def read_pick_file(path: Path) -> list[LayerData]:
    """A Points layer for each tomogram that is on show and has picks in `path`.

    A tomogram is known by its name, as ``cryoal add`` knows it; its size and voxel spacing are
    those of its file, and points are drawn where its layer is, whatever scale or unit that has.
    Without any on show, picks that say themselves where they are come in angstrom; others wait
    until their tomogram is opened. What the file leaves open is asked.

    Raises
    ------
    PicksError
        It cannot be read, or fits no tomogram.
    """
    picks, placed, waiting = _understood(path, images_here())
    layers = [_layer(picks, each) for each in placed[:MANY]]
    if len(placed) > MANY:
        show_info(f"picks of the first {MANY} of {len(placed)} tomograms of {path.name} are shown")
    left = _wait(path, waiting) if waiting else set[str]()
    if left is None and not layers:
        raise PicksError(_needs(path, waiting))
    if left and not layers:  # a tomogram that was dropped with them is open in a moment
        line = f"{_needs(path, waiting)}; they come as soon as it is open"
        QTimer.singleShot(PATIENCE, lambda: show_info(line) if left == {*waiting} else None)
    return layers or [(None,)]  # type: ignore[list-item]  # napari's word for: read, and no layer


def _needs(path: Path, waiting: Sequence[str]) -> str:
    more = f" or another of {len(waiting)}" if len(waiting) > 1 else ""
    return (
        f"expected the tomogram {waiting[0] or 'of these picks'}{more}, whose size and voxel "
        f"spacing say where the picks of {path.name} are, found it not open: drag it in too"
    )


def _understood(path: Path, images: Sequence[OpenImage]) -> tuple[Picks, list[_Placed], list[str]]:
    """The picks, those that have a place, and names of the tomograms of the others."""
    told: dict[str, Any] = {}
    for _ in range(3):
        try:
            picks = _named(read_picks(path, **told), images)
            placed, waiting = _placed(picks, images)
            if placed and placed[0].image is not None:
                require_fit(picks, placed)
        except PicksError as error:
            told |= _asked(path, str(error), told)
        else:
            return picks, placed, waiting
    raise PicksError(f"expected picks that fit their tomogram, found none such in {path}")


def _asked(path: Path, line: str, told: dict[str, Any]) -> dict[str, Any]:
    """What the user says of what the file leaves open; raises `line` where nothing is said."""
    if "(--format)" in line and "format_name" not in told:
        names = list(fitting(PickFile(path)))
        if (name := ask_choice(f"{path.name} may be of several formats:", names)) is not None:
            return {"format_name": name}
    if "--coordinate-spacing" in line and "coordinate_spacing" not in told:
        guess = re.search(r"in units of ([\d.]+) A \(", line)
        default = float(guess[1]) if guess else 1.0
        question = f"{line.split(': say which', maxsplit=1)[0]}.\nAngstrom per unit:"
        if (value := ask_number(question, default)) is not None:
            return {"coordinate_spacing": value}
    raise PicksError(line)


def _named(picks: Picks, images: Sequence[OpenImage]) -> Picks:
    """Picks of one tomogram, which name none or go by a number, called after the one they are of.

    After the file's own name where a tomogram on show is called so; after the only one; else it is
    asked.
    """
    names = picks.names()
    is_open = len(names) == 1 and not any(image_of(name, images, names) for name in names)
    if not is_open or not images:
        return picks
    called = [image.called for image in images]
    own = clean_name(picks.path.name.rpartition(".")[0])
    is_vague = names == [""] or (picks.convention.has_numbers and names[0].isdigit())
    if is_vague and (own in called or len(called) == 1):
        return picks.called(own if own in called else called[0])
    if len(called) > 1 or not is_vague:
        whose = f"picks of {names[0]!r}" if names[0] else "picks that name no tomogram"
        chosen = ask_choice(f"{picks.path.name} has {whose}. Of which tomogram are they?", called)
        if chosen is not None:
            return picks.called(chosen)
        shown = ", ".join(called[:4])
        raise PicksError(
            f"expected the tomogram of {picks.path}, which has {whose}, found {shown} open: "
            "open that tomogram, or choose one of these"
        )
    return picks


def _placed(picks: Picks, images: Sequence[OpenImage]) -> tuple[list[_Placed], list[str]]:
    names = picks.names()
    files = tomogram_files(picks)
    placed: list[_Placed] = []
    waiting: list[str] = []
    for name in names:
        image = image_of(name, images, names)
        if image is not None:
            placed.append(_in(picks, name, image.seen, image))
        elif not images and len(placed) < MANY and (alone := _alone(picks, name, files)):
            placed.append(alone)
        else:
            waiting.append(name)
    return placed, waiting


def _in(picks: Picks, name: str, seen: Seen, image: OpenImage | None = None) -> _Placed:
    geometry = geometry_of(picks, name, seen)  # type: ignore[arg-type]  # all that it looks at
    return _Placed(name, seen.path, geometry, picks.locate(name, geometry), image)


def _alone(picks: Picks, name: str, files: dict[str, Path]) -> _Placed | None:
    """Where picks are without a tomogram on show: by its file, or by what they say themselves."""
    if name in files and files[name].exists():
        try:
            with open_volume(files[name]) as volume:
                return _in(picks, name, Seen(files[name], *frame_of(volume)))
        except CryoALError:
            return None
    alone = read_alone(picks, name)
    if alone.missing is not None:
        return None
    return _Placed(name, picks.path, Geometry((1, 1, 1), 1.0), alone.located)


def _layer(picks: Picks, placed: _Placed) -> LayerData:
    spacing = placed.geometry.voxel_spacing
    rows = picks.rows(placed.name).tolist()
    column = picks.convention.class_column(picks.columns)
    classes = [picks.columns[column][row] for row in rows] if column else [""] * len(rows)
    known = sorted({*classes} - {""})
    looks = looks_of(classes, marks_of(known, "") if len(known) <= FEW else {})
    own = {"scale": (spacing,) * 3, "axis_labels": ("z", "y", "x"), **units_here()}
    called = placed.image.called if placed.image else clean_name(placed.name)
    arguments: dict[str, Any] = {
        "name": f"picks of {called}",
        "features": {
            "key": picks.keys(placed.name),
            "tomogram": [placed.name] * len(rows),
            "class": classes,
            "score": picks.scores[rows],
        },
        "symbol": looks.symbol,
        "face_color": looks.colour if known else "#ffd400",
        "border_width": 0,
        "size": max(DIAMETER / spacing, 2.0),
        "opacity": 0.8,
        "projection_mode": "all",
        "metadata": {"cryoal_tomogram": called},
        **(own if placed.image is None else place_of(placed.image)),
    }
    data = placed.located.position_zyx_angstrom / spacing
    if not picks.asked and picks.coordinate_spacing is None and _is_as_named(picks):
        # as they are in the file: it can be added itself, with all its columns
        arguments["metadata"]["cryoal_picks"] = (str(picks.path), data.copy())
    return data, arguments, "points"


def _is_as_named(picks: Picks) -> bool:
    """Whether picks are of the tomograms that their file names, and not of one that was asked."""
    return picks.tomogram == picks.convention.tomogram(picks.columns, picks.path)


def _wait(path: Path, names: Sequence[str]) -> set[str] | None:
    """Show picks as soon as their tomogram is opened; None where nothing can be opened.

    What comes back are the names that still wait: it shrinks.
    """
    viewer = napari.current_viewer()
    if viewer is None:
        return None
    left = set(names)
    inserted = viewer.layers.events.inserted
    waiting = _WAITING.setdefault(getattr(viewer, "__wrapped__", viewer), {})
    if (before := waiting.pop(path.resolve(), None)) is not None:
        look_before, left_before = before
        inserted.disconnect(look_before)  # dropped again: its picks come once
        left_before.clear()

    def look(event: Any) -> None:
        if not is_tomogram(event.value):
            return
        images = [each for each in images_here() if each.layer == event.value]
        if not any(image_of(name, images, [*left]) for name in left) and left != {""}:
            return
        try:
            picks, placed, _ = _understood(path, images)
        except (CryoALError, OSError) as error:
            show_info(str(error))
            placed = []
        for each in placed:
            data, arguments, _ = _layer(picks, each)
            viewer.add_points(data, **arguments)
        left.difference_update({""}, _names_of(placed))
        if not left:
            inserted.disconnect(look)
            waiting.pop(path.resolve(), None)

    inserted.connect(look)
    waiting[path.resolve()] = (look, left)
    return left


def _names_of(placed: Sequence[_Placed]) -> list[str]:
    return [each.name for each in placed]
