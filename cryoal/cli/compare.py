"""``cryoal compare``: strategies beside one another, with a simulated annotator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import Force, Scheduler
from cryoal.how_many import how_many

__all__ = ["compare"]


def compare(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="TOML file of the study.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for cells and report.")],
    ablation: Annotated[
        str | None,
        typer.Option(help="In place of the strategies: one of the paper's comparisons."),
    ] = None,
    report_only: Annotated[bool, typer.Option(help="Write the report and run nothing.")] = False,
    force: Force = False,
    scheduler: Scheduler = None,
) -> None:
    """Run strategies x seeds and write their report. Goes on after a kill."""
    from cryoal.cli.terminal import Terminal
    from cryoal.distributed.start import crew_of
    from cryoal.study.ablations import with_ablation
    from cryoal.study.compare import compare as run
    from cryoal.study.compare import kept_picks, read_rows, split_of
    from cryoal.study.config import read_study
    from cryoal.study.outputs import check_folder, remember_report
    from cryoal.study.picks import draw_picks
    from cryoal.study.report import write_report
    from cryoal.study.teachers import other_teachers

    wanted = read_study(study)
    check_folder(output, force=force)  # now, not after days
    if ablation is not None:
        wanted = with_ablation(wanted, ablation)
    progress = Terminal()
    split, flatters = split_of(wanted)
    if flatters:
        progress.say(f"warning: {split}")
    if report_only:
        rows = read_rows(wanted, output)
    else:
        with crew_of(scheduler, wanted.cluster, folder=output, say=progress.say) as crew:
            rows = run(wanted, output, crew=crew, progress=progress)
    names = [variant.name for variant in wanted.all_variants()]
    written = write_report(
        rows,
        output,
        title=wanted.name,
        strategies=names,
        seeds=wanted.seeds,
        another=other_teachers(wanted),
        notes=[split] if split and not flatters else [],
        warnings=[split] if flatters else [],
    )
    if draw_picks(kept_picks(wanted, output), output / "figures") is None:
        progress.say("no picture of the picks: it needs matplotlib and scikit-learn")
    remember_report(output, written)
    print(f"{how_many(len(rows), 'training')}: {output / 'report.html'}")
