"""Volume formats, by name. A format is one file here and one line in this table."""

from __future__ import annotations

from cryoal.registry import Table

__all__ = ["VOLUMES"]

VOLUMES = Table(
    "volume format",
    {
        "zarr": "cryoal.io.volumes.ome_zarr:OmeZarr",
        "mrc": "cryoal.io.volumes.mrc:Mrc",
    },
    "cryoal.volumes",
)
"""In the order in which a file is shown to them; the first that recognises it has it."""
