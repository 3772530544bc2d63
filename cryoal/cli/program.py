"""The program ``cryoal``: its commands and its errors."""

from __future__ import annotations

import errno
import sys
from typing import Annotated

import typer

from cryoal.cli.add import add
from cryoal.cli.agreement import agreement
from cryoal.cli.audit import audit
from cryoal.cli.average import average
from cryoal.cli.check import check
from cryoal.cli.classify import classify
from cryoal.cli.company import serve_the_first
from cryoal.cli.compare import compare
from cryoal.cli.demo import demo
from cryoal.cli.doctor import doctor
from cryoal.cli.export import export
from cryoal.cli.find import find
from cryoal.cli.init import init
from cryoal.cli.label import label
from cryoal.cli.listing import listing
from cryoal.cli.map import map_boxes
from cryoal.cli.model import model_commands
from cryoal.cli.montage import montage
from cryoal.cli.picks import picks
from cryoal.cli.processors import leave_one_processor
from cryoal.cli.recut import recut
from cryoal.cli.relocate import relocate
from cryoal.cli.report import report
from cryoal.cli.review import review
from cryoal.cli.run import run
from cryoal.cli.select import select
from cryoal.cli.serve import serve
from cryoal.cli.simulate import simulate
from cryoal.cli.status import status
from cryoal.cli.view import view
from cryoal.errors import CryoALError

__all__ = ["app", "run_command"]

app = typer.Typer(
    name="cryoal",
    help="Active learning for cryo-electron tomography: label a few hundred boxes, classify all.",
    rich_markup_mode=None,  # plain help: boxes drawn by rich take 0.2 s of importing
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# help lists them in this order, which is that of a campaign
_COMMANDS = (
    *(init, picks, check, add, select, find, map_boxes, review, label, agreement, audit, status),
    *(classify, view, export, report, montage, average, serve),
    *(run, compare, simulate, demo, recut, relocate, doctor),
)
for command in _COMMANDS:
    app.command("map" if command is map_boxes else None)(command)  # Python has a map of its own
app.command("list")(listing)
app.add_typer(model_commands, name="model")

# typer brings its own click; the base of all its errors is found through a public one.
_UsageProblem: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"cryoal {version('cryoal')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole traceback of an error.")
    ] = False,
) -> None:
    """Declare the options that every command takes; `run_command` reads ``--debug`` itself."""


def run_command(words: list[str]) -> int:
    """Run one command and return its exit code: 0, or 2 after an error, said in one line."""
    leave_one_processor()
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"] or ["--help"]
    try:
        if (code := serve_the_first(words)) is not None:
            return code
        code = app(words, prog_name="cryoal", standalone_mode=False)
    except _UsageProblem as problem:
        message: str = problem.format_message()  # type: ignore[attr-defined]
        return _fail(message, debug)
    except CryoALError as error:
        return _fail(str(error), debug)
    except OSError as error:
        return _fail(_said(error), debug)
    return code if isinstance(code, int) else 0


def _fail(message: str, debug: bool) -> int:
    if debug:
        raise
    print(f"cryoal: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _said(error: OSError) -> str:
    where = error.filename or "a file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"expected room on the disk to write {where}, found it full; nothing was changed"
    if error.errno == errno.ENOENT:
        return f"expected a file, found nothing at {where}"
    if error.errno == errno.EROFS:
        return f"expected a disk that can be written to, found a read-only one at {where}"
    if isinstance(error, PermissionError):
        return f"expected leave to read or write {where}, found {error.strerror}"
    return f"{where}: {error.strerror or error}"
