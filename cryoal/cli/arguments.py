"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AsJson", "Directory", "Force", "Scheduler"]

Directory = Annotated[
    Path, typer.Argument(metavar="DIR", help="The campaign's directory.", show_default=False)
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace a file that is not cryoal's, or was changed.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="alone|local|slurm|ADDRESS",
        help="Who computes: this process, processes of this machine, jobs of SLURM, or the workers"
        " of a Dask scheduler. In place of the config's.",
        show_default=False,
    ),
]
