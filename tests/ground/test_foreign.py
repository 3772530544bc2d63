from __future__ import annotations

import errno
import struct
import zlib
from pathlib import Path

import pytest

from cryoal.errors import CryoALError, FileFormatError, PicksError, TomogramError, one_line
from cryoal.foreign import foreign

FILE = Path("there.bin")


@pytest.mark.parametrize(
    ("thrown", "said"),
    [
        (ValueError("bad\n  number"), "found bad number"),
        (struct.error("unpack requires 4 bytes"), "found unpack requires 4 bytes"),
        (zlib.error("Error -3"), "found Error -3"),
        (KeyError("shape"), "found no 'shape'"),
        (IndexError("list index out of range"), "found it too short (list index out of range)"),
        (RecursionError("maximum depth"), "found it nested too deeply"),
        (MemoryError(), "found more than fits into the memory"),
        (EOFError(), "found its end too early"),
        (AssertionError(), "found AssertionError"),
        (UserWarning("odd"), "found odd"),
        (OSError("cannot identify image file"), "found cannot identify image file"),
        (OSError(errno.EINVAL, "Invalid argument"), "found Invalid argument"),
    ],
)
def test_what_a_parser_throws_becomes_one_line(thrown: Exception, said: str) -> None:
    with (
        pytest.raises(TomogramError) as caught,
        foreign(FILE, "a tomogram", TomogramError),
    ):
        raise thrown
    assert str(caught.value) == f"expected a tomogram in there.bin, {said}"
    assert caught.value.__cause__ is thrown  # --debug shows it


@pytest.mark.parametrize(
    "thrown",
    [
        PicksError("expected x, found y"),
        FileNotFoundError(errno.ENOENT, "No such file", "there.bin"),
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(errno.EACCES, "Permission denied"),
        KeyboardInterrupt(),
    ],
)
def test_our_own_errors_and_those_of_the_disk_pass(thrown: BaseException) -> None:
    with (
        pytest.raises(type(thrown)) as caught,
        foreign(FILE, "a tomogram", TomogramError),
    ):
        raise thrown
    assert caught.value is thrown


def test_a_message_is_one_printable_line_of_bounded_length() -> None:
    error = FileFormatError("expected a, found\r\n\tb\x1b[31m\ud800 in café")
    assert str(error) == r"expected a, found b\x1b[31m\ud800 in café"
    long = str(CryoALError("expected " + "x" * 10**6 + " in the.file"))
    assert len(long) < 2_000
    assert long.startswith("expected x")
    assert long.endswith(" in the.file")
    assert one_line("two  spaces are a name's own") == "two  spaces are a name's own"
