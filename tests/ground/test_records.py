from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cryoal.errors import ConfigError, FileFormatError, LabelError
from cryoal.records import (
    digest,
    entries,
    environment,
    is_there,
    numbered,
    parse_json,
    read_json,
    read_toml,
    replacing,
    sweep,
    write_json,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_failure_while_writing_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    write_json(file, {"n": 1})

    def write_half() -> None:
        with replacing(file) as temporary:
            temporary.write_text("half")
            raise OSError("no room on the disk")

    with pytest.raises(OSError, match="no room"):
        write_half()
    assert read_json(file) == {"n": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["facts.json"]


def test_not_a_number_is_refused_rather_than_written_as_invalid_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "facts.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["{", "[1]", ""])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "facts.json"
    file.write_text(text)
    with pytest.raises(FileFormatError, match=r"facts\.json"):
        read_json(file)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 65 + "]" * 65,
        "1" * 5_000,
        '{"a": NaN}',
        "[-Infinity]",
        "[1e999]",
        r'"\ud800"',
        b"\xff",
        "\ufeff{}",
    ],
)
def test_json_that_could_not_be_written_again_is_refused_in_a_line(text: str | bytes) -> None:
    with pytest.raises(LabelError, match=r"^expected JSON in there, found [^\n]+$") as caught:
        parse_json(text, "there", LabelError)
    assert len(str(caught.value)) < 400


def test_json_of_moderate_depth_and_any_text_is_read() -> None:
    assert parse_json(b'{"a": [1, 2.5, "\\u00e9\\ud83d\\ude00"]}', "x") == {"a": [1, 2.5, "é😀"]}
    deep = parse_json("[" * 64 + "]" * 64, "x")
    for _ in range(63):
        (deep,) = deep
    assert deep == []
    assert parse_json("[" + ",".join(["[]"] * 1_000) + "]", "x") == [[]] * 1_000


@pytest.mark.parametrize(
    "text", ["a = ", "a = " + "[" * 100_000, "a.b" * 100, "a = 0x" + "f" * 5_000, "a = '\udc80'"]
)
def test_toml_that_cannot_be_used_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "study.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"^expected TOML in .*study\.toml, found [^\n]+$"):
        read_toml(file, ConfigError)


def test_a_digest_depends_on_content_and_not_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def test_the_environment_names_what_computes() -> None:
    facts = environment()
    assert {"cryoal", "torch", "numpy", "zarr"} <= set(facts["versions"])  # type: ignore[arg-type]


def test_a_writer_that_makes_private_files_does_not_make_the_record_private(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with replacing(tmp_path / "facts.json") as temporary:
        temporary.unlink()
        temporary.touch(mode=0o600)
    assert (tmp_path / "facts.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_that_is_not_there_is_empty_and_one_that_may_not_be_read_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").touch()
    (tmp_path / "a").mkdir()
    assert entries(tmp_path) == ["a", "b"]
    assert entries(tmp_path / "absent") == []

    def refuse(path: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        entries(tmp_path)


def test_a_link_to_a_folder_that_is_gone_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        entries(tmp_path / "link")


def test_what_may_not_be_looked_at_may_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").touch()
    assert is_there(tmp_path / "a")
    assert not is_there(tmp_path / "b")
    assert not is_there(tmp_path / "a" / "b")

    def refuse(path: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(type(tmp_path), "stat", refuse)
    with pytest.raises(PermissionError):
        is_there(tmp_path / "b")


def test_a_record_that_was_changed_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "query.json"
    facts = {"cycle": 1, "asked": [{"key": "TS_01/1", "score": 0.1}], "reason": None}
    write_json(file, facts)
    assert read_json(file) == facts
    file.write_text(file.read_text().replace("TS_01/1", "TS_01/0"))
    with pytest.raises(
        FileFormatError,
        match=r"^expected .*query\.json as it was written, found it changed: restore it from a "
        r'copy, or, if the change was meant, take out its line "check"$',
    ):
        read_json(file)
    lines = [line for line in file.read_text().splitlines() if '"check"' not in line]
    file.write_text("\n".join(lines).replace("null,", "null"))
    assert read_json(file)["asked"] == [{"key": "TS_01/0", "score": 0.1}]


def test_another_layout_of_a_record_is_no_change(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    write_json(file, {"a": 1.5, "b": "Å"})
    file.write_text(json.dumps(dict(reversed(json.loads(file.read_text()).items()))))
    assert read_json(file) == {"a": 1.5, "b": "Å"}


def test_any_flipped_bit_of_a_record_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    facts = {"labels": {"TS_01/1": "ring", "Å": "µ"}, "n": [0.25, None, True]}
    write_json(file, facts)
    content = file.read_bytes()
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            file.write_bytes(flipped)
            try:
                found = read_json(file)
            except FileFormatError:
                continue
            assert found == facts  # a space for another one


def test_a_series_is_read_by_number_and_copies_are_no_part_of_it(tmp_path: Path) -> None:
    for name in ("c_002", "c_1000", "c_000", "c_000 (copy)", "c_0000", "c_٣٣٣", "c_7", ".c_003"):
        (tmp_path / name).mkdir()
    assert list(numbered(tmp_path, "c_", 3)) == [0, 2, 1000]
    assert numbered(tmp_path, "c_", 3)[2] == tmp_path / "c_002"
    (tmp_path / "c_001.json").touch()
    assert list(numbered(tmp_path, "c_", 3, ".json")) == [1]


KILLED = """
import os, signal, sys
from pathlib import Path
from cryoal.records import replacing
with replacing(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_temporary_file_of_a_killed_process_is_swept_away_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / ("ä" * 120 + ".json")  # as long as a name may be, nearly
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    (litter,) = entries(tmp_path)
    elsewhere = re.sub(r"\.[^.]+\.([0-9]+)\.tmp$", r".elsewhere.\1.tmp", litter)
    keep = [".hidden", ".x.1.tmp", "a.tmp", elsewhere]
    for name in keep:
        (tmp_path / name).touch()
    sweep(tmp_path, "a.json")
    assert litter in entries(tmp_path)
    sweep(tmp_path, file.name)
    assert litter not in entries(tmp_path)
    with replacing(tmp_path / "mine.json") as temporary:
        (tmp_path / litter).touch()
        sweep(tmp_path)
        assert sorted([*keep, temporary.name]) == entries(tmp_path)


def test_a_full_disk_names_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    file = tmp_path / "walls.png"
    file.write_text("old")
    full = OSError(errno.ENOSPC, "No space left on device")  # a write names no file
    with pytest.raises(OSError, match="No space left") as told, replacing(file):
        raise full
    assert told.value.filename == str(file)
    assert file.read_text() == "old"
    gone = FileNotFoundError(errno.ENOENT, "No such file", "picks.star")
    with pytest.raises(FileNotFoundError) as other, replacing(file):
        raise gone
    assert other.value.filename == "picks.star"
