"""``cryoal simulate``: tomograms or subtomograms of which every class is known."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import Scheduler
from cryoal.commands import command
from cryoal.how_many import how_many

__all__ = ["simulate"]


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.", show_default=False)],
    structures: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="STRUCTURE...", help="PDB, mmCIF or MRC: one class each.", show_default=False
        ),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="TOML file with structures and settings.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="SECTION.KEY=VALUE", help="Any setting, e.g. noise.snr=0.05."
        ),
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="By default one for each processor.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    scheduler: Scheduler = None,
) -> None:
    """Simulate tomograms, or a set of subtomograms. With picks, and the class of each."""
    from cryoal.campaign.outputs import require_outside
    from cryoal.cli.terminal import Terminal
    from cryoal.config import cluster_config
    from cryoal.distributed.start import crew_of
    from cryoal.simulate.recipe import read_recipe
    from cryoal.simulate.run import simulate as run

    require_outside(out)
    about_cluster = [word for word in settings or () if word.strip().startswith("cluster.")]
    rest = [word for word in settings or () if word not in about_cluster]
    read = read_recipe(recipe, structures or (), rest)
    progress = Terminal()
    with crew_of(
        scheduler or "alone", cluster_config(about_cluster), folder=Path(), say=progress.say
    ) as crew:
        made = run(read, out, processes=processes, device=device, crew=crew, progress=progress)
    print(
        f"made {how_many(len(made.tomograms), 'MRC file')} with "
        f"{how_many(made.n_candidates, 'candidate')} in {out}"
    )
    names = ",".join(made.classes)
    print("next: " + command("init", "NAME", "--classes", names, "--set", f"pool.box={read.box}"))
    tomograms = f"{shlex.quote(str(out))}/*.mrc"  # the shell's to expand
    tables = ["--picks", made.picks, "--tomograms", made.tomograms_star]
    options = shlex.join(map(str, [*tables, "--density", read.density]))
    print(f"then: cryoal add NAME {tomograms} {options}")
