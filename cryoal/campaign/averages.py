"""The mean of the boxes of a class: by the poses of its picks, as they lie, or turned about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from cryoal.campaign.fsc import fsc, resolution, soft_sphere
from cryoal.campaign.overview import overview
from cryoal.campaign.poses import off_centre, pose_of_each
from cryoal.campaign.wedge import measured_share
from cryoal.commands import command
from cryoal.errors import CampaignError, ConfigError, UnknownNameError
from cryoal.how_many import how_many
from cryoal.progress import SILENT
from cryoal.registry import nearest
from cryoal.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.data.pool import Pool
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["ALIGN", "Align", "Average", "average_class", "summed_boxes", "turned"]

Align: TypeAlias = Literal["pose", "none", "sphere"]

ALIGN: tuple[Align, ...] = get_args(Align)
"""``pose``: each box turned back by the pose of its pick; ``none``: as they lie in the tomogram;
``sphere``: the mean of all turns of that about its middle."""
STEP = 64
SPLINE = 3  # its order; straight lines blur the last third of the frequencies
GAP = 0.05
"""A direction that fewer of the particles were measured in than this is called missing."""
CROWDED = 0.1


@dataclass(frozen=True)
class Average:
    """The mean of a class, and what to know before it is believed."""

    name: str
    volume: NDArray[np.float32]
    """``(b, b, b)`` z, y, x; background 0, in units of the noise of a single box, particles
    positive. The middle of the particle is voxel ``b // 2``. 0 where no box reaches."""
    halves: tuple[NDArray[np.float32], NDArray[np.float32]]
    """Means of two random halves of the boxes."""
    fsc: NDArray[np.float64]
    """Of the halves within a soft sphere, by shell (:func:`cryoal.campaign.fsc.fsc`)."""
    n: int
    """Boxes in it."""
    n_expert: int
    """Of them, those that an expert called so."""
    n_without_pose: int
    """Boxes of the class that were left out, for having no pose while others have one."""
    align: Align
    spacing: float
    resolution: float | None
    """Angstrom at which the halves' correlation falls below 0.143; None: nowhere."""
    missing: float | None
    """Share of the directions of Fourier space that hardly a box was measured in, with tilts to
    +-60 degrees; None where poses are not used."""
    crowded: float
    """Share of the boxes that hold the middle of another one of them: halves share its noise."""

    def as_json(self) -> dict[str, Json]:
        """The facts by name; no volume."""
        return {
            "class": self.name,
            "boxes": self.n,
            "by_experts": self.n_expert,
            "without_pose": self.n_without_pose,
            "align": self.align,
            "voxel_spacing": self.spacing,
            "resolution": self.resolution,
            "fsc": [round(value, 6) for value in self.fsc.tolist()],
            "directions_missing": self.missing,
            "overlapping": self.crowded,
            "said": self.lines(),
        }

    def lines(self) -> list[str]:
        """What to say of it."""
        how = {
            "pose": "each turned by the pose of its pick",
            "none": "as they lie in the tomogram, not turned",
            "sphere": "the mean of all turns about the middle",
        }[self.align]
        out = [
            f"{self.name}: mean of {how_many(self.n, 'box')} ({self.n_expert} by experts), {how}"
        ]
        if self.n_without_pose:
            out.append(
                how_many(self.n_without_pose, "box without a pose is", "boxes without a pose are")
                + " left out"
            )
        if self.missing is None:
            wedge = "nothing fills the missing wedge: along z everything looks longer than it is"
        elif self.missing > 0:
            wedge = (
                f"the poses leave {100 * self.missing:.0f} % of all directions unmeasured (tilts "
                "to +-60 degrees about y): a missing wedge is left"
            )
        else:
            wedge = "the poses fill the missing wedge (tilts to +-60 degrees about y), unevenly"
        out.append(f"{wedge}; nothing was weighted by it")
        if self.resolution is None:
            said = f"to the finest that voxels hold, {2 * self.spacing:.3g} A"
        else:
            said = f"to {self.resolution:.3g} A (0.143)"
        trust = "; the poses are the picks' and may have been found together" * (
            self.align == "pose"
        )
        out.append(f"two halves of the boxes agree {said}{trust}")
        if self.crowded > CROWDED:
            out.append(
                f"{100 * self.crowded:.0f} % of the boxes overlap another one's middle, and share "
                "its noise: the halves agree too well"
            )
        return out


def average_class(
    campaign: Campaign,
    name: str,
    align: Align | None = None,
    *,
    min_probability: float = 0.0,
    only_labelled: bool = False,
    most: int | None = None,
    whole: Overview | None = None,
    of_pool: NDArray[np.float64] | None = None,
    progress: Progress = SILENT,
) -> Average:
    """The mean of the boxes of the class `name`, the experts' and the classifier's.

    Parameters
    ----------
    align
        One of :data:`ALIGN`; None: by pose where the picks have poses, else as they lie.
    min_probability
        Only boxes of the classifier that are at least as probable.
    only_labelled
        Only boxes that an expert called so.
    most
        Of more boxes, so many at random.
    whole
        How every box stands, where that is known already.
    of_pool
        The poses of the whole pool, where they are (:func:`cryoal.campaign.poses.pose_of_each`).

    Raises
    ------
    UnknownNameError
        No such class.
    ConfigError
        By pose, where no pick of the class has one.
    CampaignError
        Fewer than two boxes.
    """
    classes = campaign.config.classes
    if name not in classes:
        raise UnknownNameError(f"no class called {name!r}{nearest(name, classes)}")
    whole, pool = whole or overview(campaign), campaign.pool
    number = whole.number(name)
    is_expert = whole.label == number
    is_wanted = is_expert.copy()
    if not only_labelled:
        if whole.told is None and not is_expert.any():
            raise CampaignError(
                f"expected a classification or labels in {campaign.typed}, found none: "
                f"{command('classify', campaign.typed)}"
            )
        is_sure = whole.probability >= np.float32(min_probability)
        is_wanted |= (whole.shown == number) & ~whole.is_answered & is_sure
    rows, n_without = np.flatnonzero(is_wanted), 0
    poses = None
    if align in (None, "pose") and len(rows):
        told = (pose_of_each(pool) if of_pool is None else of_pool)[rows]
        has_pose = np.isfinite(told).all(axis=(1, 2))
        if align == "pose" and not has_pose.any():
            raise ConfigError(
                f"expected poses of the picks of {name!r}, found none, or the same for all: "
                "--align none takes boxes as they lie"
            )
        if has_pose.any():
            poses, n_without = told[has_pose], int((~has_pose).sum())
            rows = rows[has_pose]
    if len(rows) < 2:
        raise CampaignError(f"expected two boxes of {name!r} or more to average, found {len(rows)}")
    chance = stream(campaign.config.seed, "average", name).permutation(len(rows))[:most]
    sums = [
        summed_boxes(pool, rows[half], None if poses is None else poses[half], progress)
        for half in (np.sort(chance[::2]), np.sort(chance[1::2]))
    ]
    one, other = (_mean(total, count) for total, count in sums)
    volume = _mean(sums[0][0] + sums[1][0], sums[0][1] + sums[1][1])
    done: Align = "pose" if poses is not None else align or "none"
    if done == "sphere":
        one, other, volume = (_turned_about(some) for some in (one, other, volume))
    mask = soft_sphere(pool.box)
    curve = fsc(one * mask, other * mask)
    missing = None
    if poses is not None:
        missing = float((measured_share(poses[chance]) < GAP).mean())
    return Average(
        name=name,
        volume=volume.astype(np.float32),
        halves=(one.astype(np.float32), other.astype(np.float32)),
        fsc=curve,
        n=len(chance),
        n_expert=int(is_expert[rows[chance]].sum()),
        n_without_pose=n_without,
        align=done,
        spacing=pool.voxel_spacing,
        resolution=resolution(curve, pool.box, pool.voxel_spacing),
        missing=missing,
        crowded=_crowded(pool, rows[chance]),
    )


def summed_boxes(
    pool: Pool,
    rows: NDArray[np.int64],
    poses: NDArray[np.float64] | None,
    progress: Progress = SILENT,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum of the boxes `rows`, and how many reach each voxel; both ``(b, b, b)``."""
    total = np.zeros((pool.box,) * 3)
    count = np.zeros_like(total)
    steps = range(0, len(rows), STEP)
    for start in progress.track(steps, "averaging", unit="x 64 boxes"):
        here = rows[start : start + STEP]
        boxes = pool.read_normalised(here)
        if poses is None:
            total += boxes.sum(axis=0, dtype=np.float64)
            count += len(here)
            continue
        shifts = off_centre(pool, here)
        for box, pose, shift in zip(boxes, poses[start : start + STEP], shifts, strict=True):
            straight, is_inside = turned(box, pose, shift)
            total += straight
            count += is_inside
    return total, count


def turned(
    box: NDArray[np.float32], pose: NDArray[np.float64], shift: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The box in the particle's frame, the particle in voxel ``b // 2``; and where there is a box.

    Parameters
    ----------
    pose
        ``(3, 3)`` acting on x, y, z, from the particle's frame to the tomogram's.
    shift
        ``(3,)`` z, y, x in voxels: where the particle is from voxel ``b // 2`` of the box.
    """
    from scipy.ndimage import affine_transform

    edge = box.shape[0]
    middle = np.full(3, edge // 2, np.float64)
    matrix = pose[::-1, ::-1]  # acts on z, y, x
    offset = middle + shift - matrix @ middle
    straight = affine_transform(box, matrix, offset, order=SPLINE, mode="nearest")
    along = np.arange(edge, dtype=np.float64)
    is_inside = np.ones(box.shape, bool)
    for row, start in zip(matrix, offset, strict=True):  # where each voxel comes from
        place = start + (row[0] * along[:, None, None] + row[1] * along[:, None] + row[2] * along)
        is_inside &= (place >= 0) & (place <= edge - 1)
    return np.where(is_inside, straight, np.float32(0)), is_inside


def _mean(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _turned_about(volume: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each voxel becomes the mean of those as far from the middle; between whole shells a line."""
    edge = volume.shape[0]
    along = np.arange(edge) - edge // 2
    z, y, x = np.meshgrid(along, along, along, indexing="ij")
    away = np.sqrt(z**2 + y**2 + x**2)
    shell = np.floor(away + 0.5).astype(np.int64)
    n = np.bincount(shell.ravel())
    profile = np.bincount(shell.ravel(), volume.ravel()) / np.maximum(n, 1)
    where = np.bincount(shell.ravel(), away.ravel()) / np.maximum(n, 1)
    reach = away <= edge // 2 - 1  # beyond it only corners are left
    return np.where(reach, np.interp(away, where, profile), 0.0)


def _crowded(pool: Pool, rows: NDArray[np.int64]) -> float:
    """Share of the boxes with the middle of another one inside, in the same tomogram."""
    from scipy.spatial import cKDTree

    reach = pool.box * pool.voxel_spacing / 2
    crowded = 0
    names = np.array(pool.tomogram_names, dtype=object)[pool.tomogram[rows]]
    for name in set(names.tolist()):
        here = pool.position_zyx_angstrom[rows[names == name]]
        if len(here) > 1:
            near, _ = cKDTree(here).query(here, k=2, p=np.inf)
            crowded += int((near[:, 1] < reach).sum())
    return crowded / len(rows)
