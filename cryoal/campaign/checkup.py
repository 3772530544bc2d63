"""Everything in a campaign, read and compared with its checks: what ``cryoal doctor DIR`` tells."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_file import FILE as AUDIT
from cryoal.campaign.campaign import Campaign
from cryoal.campaign.checkup_numbers import amiss_in_descriptors, amiss_in_encoder, remedy
from cryoal.campaign.inherited import FILE as INHERITED
from cryoal.campaign.inherited import has_inherited, inherited_model
from cryoal.campaign.kept import DESCRIPTORS
from cryoal.campaign.lost import lost_answers, lost_parts
from cryoal.campaign.member_folders import folders_in
from cryoal.campaign.predictions_table import require_as_written
from cryoal.campaign.pretrained import FOLDER as PRETRAINED
from cryoal.campaign.query import read_query
from cryoal.commands import command
from cryoal.data.moved import read_moved
from cryoal.data.pool import Pool
from cryoal.data.pool_part import NUMBERS, PoolPart
from cryoal.data.staging import part_paths
from cryoal.errors import CryoALError, DamagedBoxError
from cryoal.how_many import how_many
from cryoal.progress import SILENT
from cryoal.records import entries, is_there, numbered, read_json
from cryoal.training.checkpoint import check_weights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.boxes import Boxes
    from cryoal.data.moved import Moved
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["Checkup", "check_up"]

AT_ONCE = 64  # boxes that are read between two steps of the bar


@dataclass
class Checkup:
    """What was looked at, and what is amiss."""

    boxes: int = 0
    files: int = 0
    """JSON files, weights, journals and tables."""
    damaged: list[str] = field(default_factory=list)
    """A line for each thing that is not as it was written."""
    to_add_again: list[str] = field(default_factory=list)
    """For each damaged part of the pool: its tomograms, and the command that makes it again."""
    notes: list[str] = field(default_factory=list)
    """What is no damage, and may be meant."""

    def as_json(self) -> dict[str, Json]:
        """Every fact by name."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The facts as a person would say them."""
        found = f"{len(self.damaged)} damaged" if self.damaged else "all as written"
        return [
            f"{how_many(self.boxes, 'box')} and {how_many(self.files, 'file')} were compared "
            f"with their checks: {found}",
            *(f"damaged: {line}" for line in self.damaged),
            *(f"add again: {line}" for line in self.to_add_again),
            *(f"note: {line}" for line in self.notes),
        ]

    @contextmanager
    def looking(self, remedy: str = "", n_files: int = 1) -> Iterator[None]:
        """Note what the block finds amiss, with a `remedy`, and go on."""
        self.files += n_files
        try:
            yield
        except (CryoALError, OSError) as error:
            line = f"{error}{remedy}"
            if line not in self.damaged:
                self.damaged.append(line)


def check_up(path: Path, *, progress: Progress = SILENT) -> Checkup:
    """Read every box, number, record, journal and file of weights of the campaign in `path`.

    Nothing is changed, and nothing is held: what a command writes meanwhile may be missed.
    """
    found = Checkup()
    with found.looking():
        campaign = Campaign.open(path)
        _pool(campaign, found, progress)
        _labels(campaign, found)
        _cycles(campaign, found)
        _caches(campaign, found)
        _numbers(campaign, found, progress)
    return found


def _pool(campaign: Campaign, found: Checkup, progress: Progress) -> None:
    pool = campaign.pool_path
    parts: list[PoolPart] = []
    with found.looking(n_files=0):
        moved: Moved = {}
        with found.looking(n_files=0):
            moved = read_moved(pool)
        for folder in part_paths(pool):
            with found.looking():
                parts.append(PoolPart.open(folder, 0, moved))
        known = {folder.name for folder in part_paths(pool)}
        strays = [n for n in entries(pool) if n.startswith("part_") and n not in known]
        found.notes += [f"{pool / name} is no part of the pool by its name" for name in strays]
        found.notes += lost_parts(campaign)
    total = sum(map(len, parts))
    counted = iter(progress.track(range(0, total, AT_ONCE), "reading boxes", unit="times 64 boxes"))
    for part in parts:
        before = len(found.damaged)
        _columns(part, found)
        with found.looking(n_files=0):
            _boxes(part, found, counted)
        if len(found.damaged) > before:
            again = command(
                "add",
                campaign.typed,
                *(record.place() for record in part.tomograms),
                "--picks",
                part.source_path,
                "--density",
                part.tomograms[0].density,
                *_options(part),
            )
            names = ", ".join(record.name for record in part.tomograms)
            found.to_add_again.append(
                f"{names}: restore what is named above from a copy, or move {part.path} out of the "
                f"pool and give, with the options of then: {again}"
            )
        elif part.version == 1:
            found.notes.append(f"{part.path} is of version 1: its boxes have no checks")
    for _ in counted:
        pass
    if parts and not found.damaged:
        with found.looking(n_files=0):
            Pool.open(pool)  # whether all the parts fit together


def _options(part: PoolPart) -> list[object]:
    """What was said when the part was added, as far as it is remembered, but where files were."""
    words: list[object] = []
    if part.source_tomograms is not None:
        words += ["--tomograms", part.source_tomograms]
    for option, value in part.told.items():
        if value is True:
            words.append(f"--{option.replace('_', '-')}")
        elif option not in ("name", "switches"):
            for one in value if isinstance(value, list) else [value]:
                words += [f"--{option.replace('_', '-')}", one]
    for option, value in part.told.get("switches", {}).items():
        words += [f"--{option.replace('_', '-')}", value]
    return words


def _columns(part: PoolPart, found: Checkup) -> None:
    for name in NUMBERS:
        with found.looking():
            part.array(name)
    for read in (part.keys, part.columns, part.blocks, part.left_out):
        with found.looking():
            read()


def _boxes(part: PoolPart, found: Checkup, counted: Iterator[int]) -> None:
    """Read every box of a part; of those that changed, say how many are of which tomogram."""
    _of_shards(part, part.boxes, "boxes", found, counted)
    if part.shown is not None:
        _of_shards(part, part.shown, "boxes to look at", found, iter(()))


def _of_shards(
    part: PoolPart, boxes: Boxes, what: str, found: Checkup, counted: Iterator[int]
) -> None:
    changed: list[int] = []
    for start in range(0, len(part), AT_ONCE):
        next(counted, None)
        found.boxes += min(AT_ONCE, len(part) - start)
        rows = np.arange(start, min(start + AT_ONCE, len(part)))
        try:
            boxes.read_into(_room(boxes, len(rows)), np.arange(len(rows)), rows)
        except DamagedBoxError:
            changed += [row for row in rows.tolist() if _is_changed(boxes, row)]
        except CryoALError as error:  # a whole shard: said once
            with found.looking(n_files=0):
                raise error
    if not changed:
        return
    keys, tomogram = part.keys(), part.array("tomogram")
    counts = Counter(tomogram[changed].tolist())
    for number, n in sorted(counts.items()):
        first = next(row for row in changed if tomogram[row] == number)
        found.damaged.append(
            f"{n} of {int((tomogram == number).sum())} {what} of {part.tomograms[number].name} in "
            f"{part.path} are not as they were written, first {keys[first]!r}"
        )


def _is_changed(boxes: Boxes, row: int) -> bool:
    try:
        boxes.read_into(_room(boxes, 1), np.zeros(1, np.int64), np.array([row]))
    except CryoALError:
        return True
    return False


def _room(boxes: Boxes, n: int) -> NDArray[np.generic]:
    return np.empty((n, boxes.box, boxes.box, boxes.box), boxes.dtype)


def _labels(campaign: Campaign, found: Checkup) -> None:
    with found.looking(n_files=0):
        for annotator in campaign.labels.annotators():
            with found.looking():
                campaign.labels.events(annotator)
    with found.looking():
        campaign.test_labels()
    if is_there(campaign.path / AUDIT):
        with found.looking():
            audit_now(campaign)  # whether its keys are those of the pool, too
    if not found.damaged:
        with found.looking(n_files=0):
            standing = campaign.standing()  # whether every key is one of the pool
            found.notes += lost_answers(campaign, standing)


def _cycles(campaign: Campaign, found: Checkup) -> None:
    with found.looking(n_files=0):
        folders = numbered(campaign.path, "cycle_", 3)
        for folder in folders.values():
            if not is_there(folder / "query.json"):
                found.notes.append(f"{folder} has no query.json and is no cycle")
                continue
            with found.looking():
                read_query(folder)
            _files(folder, found)
        known = {folder.name for folder in folders.values()}
        strays = [n for n in entries(campaign.path) if n.startswith("cycle_") and n not in known]
        found.notes += [f"{campaign.path / name} is no cycle by its name" for name in strays]


def _caches(campaign: Campaign, found: Checkup) -> None:
    model = campaign.path / "model"
    for folder in (model, *folders_in(model)):
        _files(folder, found, remedy(folder))
    kept = ("test.json", AUDIT, ".lock.json", INHERITED)
    with found.looking(n_files=int(has_inherited(campaign))):
        inherited_model(campaign)
    _files(campaign.path, found, "; this file can be deleted", but=kept)
    if is_there(campaign.path / "predictions.csv"):
        with found.looking():
            require_as_written(campaign)


def _numbers(campaign: Campaign, found: Checkup, progress: Progress) -> None:
    for folder in (campaign.path / DESCRIPTORS, campaign.path / PRETRAINED):
        _files(folder, found, remedy(folder))
    with found.looking(n_files=0):
        damaged, notes = amiss_in_descriptors(campaign.path, progress)
        found.files += sum(n.endswith(".f32") for n in entries(campaign.path / DESCRIPTORS))
        found.damaged += damaged
        found.notes += notes
    encoder = campaign.path / PRETRAINED
    if not any(str(encoder) in line for line in found.damaged):  # each file is whole: do they fit?
        with found.looking(remedy(encoder), n_files=0):
            amiss_in_encoder(campaign.path)


def _files(folder: Path, found: Checkup, then: str = "", but: tuple[str, ...] = ()) -> None:
    """Look at every record and every file of weights in a folder."""
    with found.looking(n_files=0):
        for name in entries(folder):
            if name in but:
                continue
            if name.endswith(".json"):
                with found.looking(then):
                    read_json(folder / name)
            elif name.endswith(".safetensors"):
                with found.looking(then):
                    check_weights(folder / name)
