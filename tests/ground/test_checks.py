"""A check is of the content: any change of it shows, another way of writing it does not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cryoal.checks import CHECK, crc32c, crc32c_of_rows, is_whole, with_check

LINE = {"key": "TS_1/000001", "label": "ring", "time": "2026-11-28T09:00:00.000Z", "seconds": 1.5}


def test_crc32c_is_that_of_rfc_3720() -> None:
    # Appendix B.4: 32 bytes of zeros, of ones, incrementing
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_any_contiguous_buffer_is_taken_one_that_can_be_written_to_as_well() -> None:
    voxels = np.arange(32, dtype=np.uint8)
    assert crc32c(voxels) == crc32c(bytearray(voxels.tobytes())) == 0x46DD794E
    assert crc32c(voxels.view("<f4").reshape(2, 4)) == 0x46DD794E


def test_what_was_checked_is_whole_however_it_is_written() -> None:
    checked = with_check(LINE)
    assert list(checked) == [*LINE, CHECK]
    again = json.loads(json.dumps(dict(reversed(checked.items())), indent=4))
    assert is_whole(again)
    assert with_check(checked) == checked


@pytest.mark.parametrize("name", list(LINE))
def test_a_change_of_any_field_shows(name: str) -> None:
    changed = {**with_check(LINE), name: "other"}
    assert not is_whole(changed)
    missing = {n: v for n, v in with_check(LINE).items() if n != name}
    assert not is_whole(missing)


def test_what_has_no_check_is_read_without() -> None:
    assert is_whole(LINE)


def test_every_flipped_bit_of_a_line_shows() -> None:
    line = json.dumps(with_check(LINE)).encode()
    for bit in range(8 * len(line)):
        flipped = bytearray(line)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            fields = json.loads(flipped)
        except ValueError:
            continue
        same = {n: v for n, v in fields.items() if n in LINE} == LINE
        assert same or not is_whole(fields), flipped


def test_checks_of_rows_are_those_of_each_row() -> None:
    rows = np.arange(60, dtype="<f4").reshape(5, 12)
    assert crc32c_of_rows(rows).tolist() == [crc32c(row) for row in rows]
    assert crc32c_of_rows(rows[:0]).tolist() == []
