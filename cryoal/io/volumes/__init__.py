"""Volume formats, by name. A format is one file here and one line in this table."""

from __future__ import annotations

from cryoal.registry import Table

__all__ = ["VOLUMES"]

VOLUMES = Table(
    "volume format",
    {
        "zarr": "cryoal.io.volumes.ome_zarr:OmeZarr",
        "zarr-zip": "cryoal.io.volumes.zarr_zip:ZippedZarr",
        "tiff": "cryoal.io.volumes.tiff:Tiff",
        "eman2": "cryoal.io.volumes.eman2:Eman2",
        "mrc": "cryoal.io.volumes.mrc:Mrc",
        "em": "cryoal.io.volumes.em:Em",
    },
    "cryoal.volumes",
)
"""In the order in which a file is shown to them; the first that recognises it has it."""
