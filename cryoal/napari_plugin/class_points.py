"""The boxes of a tomogram as points: class, probability, doubt and who decided of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.napari_plugin.neighbours import looks_of, offsets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.campaign.overview import Overview
    from cryoal.data.pool import Pool
    from cryoal.marks import Mark

__all__ = ["ClassPoints", "class_points"]

TEXT = "{class} {sure}"
SHARE = 0.4  # of the box's edge that a point is wide
HELD = "in the audit"


@dataclass(frozen=True)
class ClassPoints:
    """Points of one tomogram, in the order of `rows` of the pool."""

    rows: NDArray[np.int64]
    voxel_zyx: NDArray[np.float64]
    arguments: dict[str, Any]
    """Keyword arguments of the Points layer."""

    @property
    def looks(self) -> dict[str, Any]:
        """What changes with labels and classifications."""
        names = ("symbol", "face_color", "border_color", "features")
        return {name: self.arguments[name] for name in names}


def class_points(pool: Pool, boxes: Overview, name: str, marks: Mapping[str, Mark]) -> ClassPoints:
    """The boxes of the tomogram `name`.

    Colour and shape are those of the class: the expert's, else the classifier's; an expert's has a
    white border. Boxes of the audit and test keys show none: who has seen what is predicted for
    them would spoil the measure.
    """
    rows = np.flatnonzero(boxes.tomogram == boxes.tomogram_names.index(name))
    names = np.array([*boxes.classes, ""], dtype=object)
    is_held = boxes.is_held[rows]
    classes = names[np.where(is_held, -1, boxes.shown[rows])]
    probability = np.where(is_held, np.nan, boxes.probability[rows])
    is_expert = boxes.label[rows] >= 0
    looks = looks_of(classes.tolist(), marks)
    by = np.where(is_expert, "expert", np.where(classes == "", "", "classifier"))
    by = np.where(boxes.is_answered[rows] & ~is_expert, "undecided", by)
    by = np.where(is_held, HELD, by)
    sure = np.array(
        [
            "" if e or np.isnan(p) else f"{p:.0%}"
            for e, p in zip(is_expert, probability, strict=True)
        ],
        dtype=object,
    )
    arguments = {
        "name": f"boxes of {name}",
        "scale": (pool.voxel_spacing,) * 3,
        "axis_labels": ("z", "y", "x"),
        "features": {
            "key": pool.keys[rows],
            "class": classes,
            "probability": probability,
            "doubt": np.where(is_held, np.nan, boxes.doubt[rows]),
            "decided by": by,
            "sure": sure,
        },
        "symbol": looks.symbol or "ring",
        "face_color": looks.colour or "white",
        "border_color": ["white" if e else "black" for e in is_expert] or "black",
        "border_width": 0.12,
        "size": SHARE * pool.box,
        "opacity": 0.9,
        "projection_mode": "rescale_spherical",
        "metadata": {"cryoal_tomogram": name, "cryoal_classes": True},
    }
    voxel = (pool.position_zyx_angstrom[rows] - offsets_of(pool, rows)) / pool.voxel_spacing
    return ClassPoints(rows, voxel, arguments)
