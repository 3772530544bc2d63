"""The command line: a small file for each command; nothing heavy is imported before its time."""

from cryoal.cli.start import main

__all__ = ["main"]
