from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.descriptors.column_file import ColumnFile

if TYPE_CHECKING:
    from pathlib import Path


def test_a_full_disk_is_said_with_the_file_and_loses_no_whole_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, rows = ColumnFile(tmp_path / "shells.f32", 2), np.arange(6, dtype=np.float32)
    file.append(rows.reshape(3, 2))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as a write does: without a name

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left") as caught:
            file.append(rows.reshape(3, 2))
    assert caught.value.filename == str(tmp_path / "shells.f32")
    found, wrong = file.read(np.arange(3))
    assert found.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert not len(wrong)
