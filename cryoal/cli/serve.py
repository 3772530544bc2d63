"""``cryoal serve``: campaigns under a folder, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder around campaigns and data.")
    ],
    port: Annotated[int, typer.Option(help="0: any.", min=0, max=65535)] = 0,
) -> None:
    """Start, label, go on and export in a browser. Everything under one folder, nothing outside."""
    from cryoal.browser.server import serve_folder

    serve_folder(folder, port=port, said=lambda line: print(line, flush=True))
