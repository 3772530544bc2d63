"""``python -m benchmarks.paper NAME``: run an experiment of the paper; ``list``: which ones."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.paper.protocol import STRATEGIES, preset_names, protocol, read_preset
from cryoal.errors import CryoALError
from cryoal.study.ablations import ABLATIONS, with_ablation

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = """usage: python -m benchmarks.paper NAME [--quick] [...]   run it; --help: its flags
       python -m benchmarks.paper list                  what there is
       python -m benchmarks.paper figures               draw all rows, write docs/results.md"""


def run_experiment(name: str, arguments: Sequence[str]) -> None:
    preset = read_preset(name)
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.paper {name}")
    parser.add_argument("--quick", action="store_true", help=preset.quick.note.replace("%", "%%"))
    for flag, change in preset.departures.items():
        parser.add_argument(
            f"--{flag}",
            dest=f"flag {flag}",
            action="store_true",
            help=change.note.replace("%", "%%"),
        )
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES))
    parser.add_argument("--ablation", choices=sorted(ABLATIONS), help="its variants instead")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--data", type=Path, help="folder of the data")
    parser.add_argument("--out", type=Path, default=Path("paper-cells"), help="folder of the cells")
    chosen = parser.parse_args(arguments)
    wanted = protocol(
        name,
        quick=chosen.quick,
        departures=[flag for flag in preset.departures if getattr(chosen, f"flag {flag}")],
        strategies=chosen.strategies,
        seeds=chosen.seeds,
    )
    if chosen.ablation is not None:
        wanted = replace(wanted, study=with_ablation(wanted.study, chosen.ablation))
    from benchmarks.paper.data import open_data
    from benchmarks.paper.run import run
    from cryoal.cli.terminal import Terminal

    progress = Terminal()
    run(wanted, open_data(wanted, chosen.data, chosen.out), chosen.out, progress)


def list_experiments() -> None:
    for name in preset_names():
        preset = read_preset(name)
        last = preset.start + preset.cycles * preset.query
        print(f"{name:12} {preset.start:,} to {last:,} labels; --quick: {preset.quick.note}")
    print("departures: " + ", ".join(read_preset("10c-real").departures))


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the status to exit with."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    try:
        if arguments[0] == "list":
            list_experiments()
        elif arguments[0] == "figures":
            from benchmarks.paper.figures import figures

            for path in figures():
                print(path)
        else:
            run_experiment(arguments[0], arguments[1:])
    except CryoALError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
