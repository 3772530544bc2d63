"""What ``cryoal doctor`` tells of disk, GPU and other machines."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import doctor_around
from cryoal.scoring.precision import Precision

if TYPE_CHECKING:
    from pathlib import Path


def test_the_disk_is_that_of_the_longest_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    spaced = str(tmp_path / "a b").replace(" ", "\\040")
    mounts.write_text(
        f"rootfs / rootfs rw 0 0\noverlay / overlay rw 0 0\nsrv:/x {tmp_path} nfs4 rw 0 0\n"
        f"y {spaced} lustre rw 0 0\nz /other ext4 rw 0 0\n"
    )
    monkeypatch.setattr(doctor_around, "MOUNTS", mounts)
    (tmp_path / "a b").mkdir()
    told = doctor_around.disk(tmp_path / "a b" / "not" / "yet")
    assert told["file system"] == "lustre, locks (flock)"
    assert doctor_around.disk(tmp_path / "c")["file system"].startswith("nfs4, ")
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []
    assert doctor_around._kind(tmp_path.parent) == "overlay"


def test_a_disk_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("cryoal.locks.flock", no_locks)
    assert "no locks: expected a disk that knows locks" in doctor_around._locks(tmp_path)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'debug* up infinite 1 idle vm'; echo 'gpu up 1:00 2 idle a'", "debug, gpu"),
        ("echo 'slurm_load_partitions: no controller' >&2; exit 1", "no controller"),
    ],
)
def test_slurm_is_asked(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor_around.cluster()["slurm"] == "none"
    program = tmp_path / "sinfo"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert said in doctor_around.cluster()["slurm"]


def test_what_is_absent_says_how_to_get_it() -> None:
    found = doctor_around._version("cryoal-is-not-called-so", "cluster")
    assert found == "absent (pip install '.[cluster]' in cryoal's clone)"
    assert doctor_around.gpu().keys() >= {"gpus", "driver", "cudnn"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            Precision("bfloat16", "ranks are those of float32", 0.99987),
            "bfloat16 on a CPU: ranks are those of float32, rank correlation 0.99987"
            " (small pair, noise)",
        ),
        (
            Precision("float32", "the processor has no bfloat16"),
            "float32 on a CPU: the processor has no bfloat16 (small pair, noise)",
        ),
    ],
)
def test_the_self_test_of_precision_is_told_in_a_line(
    found: Precision, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryoal.scoring.precision.self_test", lambda: found)
    assert doctor_around.precision() == {"scoring": said}
