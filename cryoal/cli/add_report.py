"""What ``cryoal add`` prints of an import."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cryoal.commands import command
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.data.add_report import AddReport
    from cryoal.records import Json

__all__ = ["as_facts", "print_report"]

MANY = 10  # tomograms that are listed one by one


def as_facts(report: AddReport) -> dict[str, Json]:
    """Every fact by name, for scripts."""
    return {
        "added": report.n_added,
        "in_tomogram": report.n_in_tomogram,
        "names_without_tomogram": report.names_without_tomogram,
        "tomograms_without_picks": [str(path) for path in report.tomograms_without_picks],
        "partly_outside": report.n_border,
        "empty_share": report.empty_share,
        "voxels_beyond_bound": report.n_beyond,
        "already_there": report.n_there,
        "close": report.n_close,
        "close_angstrom": report.close_angstrom,
        "left_out": [asdict(one) for one in report.left_out],
        "source": report.source,
        "density": report.density,
        "density_guessed": report.density_guessed,
        "lazy": report.lazy,
        "box_bytes": report.box_bytes,
        "boxes_per_second": report.boxes_per_second and round(report.boxes_per_second, 1),
        "notes": report.notes,
    }


def print_report(
    report: AddReport, directory: Path, missing: Path | None, *, was_told: bool
) -> None:
    """The same as a person would say it.

    Parameters
    ----------
    missing
        The list of picks that were left out.
    was_told
        Whether the user has said if particles are bright or dark.
    """
    from cryoal.data.left_out import counted

    boxes = how_many(report.n_added, "box")
    print(f"added {boxes} from {how_many(len(report.n_in_tomogram), 'tomogram')}")
    for name, count in list(report.n_in_tomogram.items())[:MANY]:
        print(f"  {name}: {count}")
    if report.n_border:
        print(
            how_many(report.n_border, "box reaches beyond its", "boxes reach beyond their")
            + " tomogram"
        )
    if report.n_there:
        print(f"{how_many(report.n_there, 'pick')} left out, boxes are there already")
    for reason, count in counted(report.left_out).items():
        print(f"{how_many(count, 'pick')} left out: {reason}")
    if missing:
        print(f"listed in {missing}")
    if report.n_close:
        print(
            f"{how_many(report.n_close, 'box is', 'boxes are')} closer than "
            f"{report.close_angstrom:g} A to another: --min-distance keeps one of these"
        )
    if report.names_without_tomogram:
        names = report.names_without_tomogram
        print(
            f"picks of {how_many(len(names), 'tomogram')} left out, no file given: {_some(names)}"
        )
    if report.tomograms_without_picks:
        paths = [str(path) for path in report.tomograms_without_picks]
        print(f"{how_many(len(paths), 'tomogram')} without picks: {_some(paths)}")
    if report.names_without_tomogram and report.tomograms_without_picks:
        print(f"(--name {names[0]}={paths[0]} says that they belong together)")
    if report.n_added:
        how = "as told" if was_told else "as in the pool"
        if report.density_guessed:
            how = "guessed; --density says otherwise"
        print(f"particles are {report.density} ({how})")
        print(_where_boxes_are(report))
    for note in report.notes:
        print(f"note: {note}")
    if report.n_added:
        print("next: " + command("select", directory, "-n", min(100, max(1, report.n_added // 10))))


def _where_boxes_are(report: AddReport) -> str:
    """What the boxes take, of disk or of time, and what the other choice would."""
    mega = report.box_bytes / 1e6
    size = f"{mega / 1e3:.3g} GB" if mega >= 1e3 else f"{mega:.3g} MB"
    rate = "cut anew at each reading"
    if report.boxes_per_second is not None:
        rate += f" ({report.boxes_per_second:.0f} a second here)"
    if report.lazy:
        return f"boxes stay in their tomograms, which are needed from now on: {size} less, {rate}"
    return f"boxes take {size}; with --lazy none, but they are {rate}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return ", ".join(names[:MANY]) + more
