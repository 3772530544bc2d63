"""An overlay as an export writes it, and what a reader is to find there: ``make copick``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.io.picks.every_format import CLASSES, SPACING, particle_part, truth, write_out


def main(folder: Path) -> None:
    """Write the overlay, a configuration and ``truth.json`` to `folder`."""
    of = truth(40)
    overlay = write_out(folder, "copick", [particle_part(of)])
    objects = [
        {"name": name, "is_particle": True, "label": number, "color": [9, 9, 9, 255], "radius": 50}
        for number, name in enumerate(CLASSES, start=1)
    ]
    config = {
        "name": "exported",
        "description": "picks that cryoal exported",
        "version": "1.0.0",
        "config_type": "filesystem",
        "pickable_objects": objects,
        "overlay_root": f"local://{overlay.resolve()}",
        "overlay_fs_args": {"auto_mkdir": True},
    }
    (folder / "config.json").write_text(json.dumps(config))
    particles = [
        {
            "run": name,
            "object": CLASSES[i % 2],
            "angstrom": (of.voxel[i] * SPACING).tolist(),
            "rotation": of.rotation[i].tolist(),
        }
        for i, name in enumerate(of.tomogram)
    ]
    (folder / "truth.json").write_text(json.dumps(particles))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
