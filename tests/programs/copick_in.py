"""What copick finds in an export, in an environment of its own: ``make copick``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import copick
import numpy as np


def main(folder: Path) -> int:
    """Compare with ``truth.json``: every point, where it is and how it is turned."""
    expected = json.loads((folder / "truth.json").read_text())
    root = copick.from_file(str(folder / "config.json"))
    found = []
    for run in root.runs:
        for picks in run.get_picks():
            assert (picks.user_id, picks.session_id) == ("cryoal", "1"), picks
            assert picks.trust_orientation, picks
            points, transforms = picks.numpy()
            # copick: the location, moved by the transform's own translation
            places = points + transforms[:, :3, 3]
            found += [
                (run.name, picks.pickable_object_name, place, transform[:3, :3])
                for place, transform in zip(places, transforms, strict=True)
            ]
    print(f"copick {copick.__version__}: {len(found)} points of {len(expected)}")
    assert len(found) == len(expected)
    for particle in expected:
        here = [f for f in found if f[:2] == (particle["run"], particle["object"])]
        off = [np.abs(place - particle["angstrom"]).max() for *_, place, _ in here]
        nearest = int(np.argmin(off))
        assert off[nearest] < 1e-2, (particle, off[nearest])
        np.testing.assert_allclose(here[nearest][3], particle["rotation"], atol=1e-4)
    print("every position to 0.01 A, every rotation to 1e-4")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
