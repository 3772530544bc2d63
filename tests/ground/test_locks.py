from __future__ import annotations

import errno
import multiprocessing
import multiprocessing.synchronize
import os
import threading
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from typing import TYPE_CHECKING

import pytest

from cryoal import locks
from cryoal.errors import LockError, LockHeldError
from cryoal.locks import locked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def is_free(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDWR)
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def flock_that(answers: Callable[[], None]) -> Callable[[int, int], None]:
    def fake(descriptor: int, operation: int) -> None:
        if operation != LOCK_UN:
            answers()

    return fake


def fails_with(number: int) -> Callable[[], None]:
    def fails() -> None:
        raise OSError(number, os.strerror(number))

    return fails


def test_a_lock_is_held_for_as_long_as_the_block_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with locked(path):
        assert not is_free(path)
    assert is_free(path)
    with pytest.raises(ZeroDivisionError), locked(path):
        raise ZeroDivisionError
    assert is_free(path)


def test_a_lock_that_somebody_holds_is_named(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with (
        locked(path),
        pytest.raises(LockHeldError, match=r"\.lock, found it held by another process; nothing"),
        locked(path, seconds=0),
    ):
        raise AssertionError
    with (
        locked(path),
        pytest.raises(LockHeldError, match=r"held by another process for 0\.05 s"),
        locked(path, seconds=0.05),
    ):
        raise AssertionError
    with locked(path, seconds=0):
        pass


def _hold(path: Path, has_it: multiprocessing.synchronize.Event) -> None:
    with locked(path):
        has_it.set()
        threading.Event().wait()


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path, context = tmp_path / ".lock", multiprocessing.get_context("spawn")
    has_it = context.Event()
    holder = context.Process(target=_hold, args=(path, has_it))
    holder.start()
    assert has_it.wait(60)
    assert not is_free(path)
    holder.kill()
    holder.join()
    with locked(path, seconds=0):
        pass


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF])
def test_a_disk_without_locks_is_named_and_an_old_lock_file_is_no_lock(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".lock"
    for content in (None, b"1234\nhost\n"):
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setattr(locks, "flock", flock_that(fails_with(number)))
        with (
            pytest.raises(LockError, match=rf"found {os.strerror(number)} for .*\.lock") as caught,
            locked(path),
        ):
            raise AssertionError
        assert not isinstance(caught.value, LockHeldError)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_may_not_be_written_to_is_told_with_its_file(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: object, *_: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(locks.os, "open", fails)
    expected = (
        rf"^expected a folder that can be written to, found {os.strerror(number)} for .*\.lock;"
    )
    with pytest.raises(LockError, match=expected), locked(tmp_path / ".lock"):
        raise AssertionError


def test_a_disk_that_calls_every_lock_held_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "flock", flock_that(fails_with(errno.EACCES)))
    with pytest.raises(LockHeldError), locked(tmp_path / ".lock", seconds=0.05):
        raise AssertionError


def test_a_disk_that_does_not_answer_is_given_up_and_what_it_grants_later_is_freed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, answered = threading.Event(), threading.Event()

    def slow(descriptor: int, operation: int) -> None:
        answer.wait()
        flock(descriptor, operation)
        answered.set()

    path = tmp_path / ".lock"
    monkeypatch.setattr(locks, "flock", slow)
    monkeypatch.setattr(locks, "PATIENCE", -0.9)
    with pytest.raises(LockError, match=r"found a disk that does not answer"), locked(path, -0.9):
        raise AssertionError
    answer.set()
    assert answered.wait(60)
    for thread in threading.enumerate():
        if thread.name == "cryoal-lock":
            thread.join()
    assert is_free(path)


def test_a_lock_file_that_somebody_else_made_is_locked_too(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    path.touch(mode=0o444)
    with locked(path):
        assert path.stat().st_size == 0
