from __future__ import annotations

import gzip
import re
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import starfile
from hypothesis import given
from hypothesis import strategies as st

import cryoal.io.star as star_module
from cryoal.errors import PicksError
from cryoal.io.star import parse_star, read_star, write_star

if TYPE_CHECKING:
    from collections.abc import Iterator


def star(path: Path, text: str, newline: str = "\n") -> Path:
    path.write_text(text, newline=newline)
    return path


TEXT = """
# version 30001

data_general

_rlnTomoSubTomosAre2DStacks   1
_rlnComment   'two words'

data_ # nameless

loop_ \t
_rlnTomoName #1
_rlnScore #2
001 1.50000  # best
 '0 02'\tit's

"a#b"  "" \t
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_value_stays_the_text_it_was(tmp_path: Path, newline: str) -> None:
    blocks = read_star(star(tmp_path / "t.star", TEXT, newline))
    assert blocks == {
        "general": {"rlnTomoSubTomosAre2DStacks": ["1"], "rlnComment": ["two words"]},
        "": {"rlnTomoName": ["001", "0 02", "a#b"], "rlnScore": ["1.50000", "it's", ""]},
    }


def test_a_hash_inside_a_word_begins_no_comment(tmp_path: Path) -> None:
    # RELION: "'#' within a token does NOT start a comment" (strings.cpp, nextTokenInSTAR)
    path = star(tmp_path / "t.star", "data_\nloop_\n_a #1\n_b #2\n1#x 2 #x\n")
    assert read_star(path) == {"": {"a": ["1#x"], "b": ["2"]}}


def test_spaces_of_other_scripts_part_no_words(tmp_path: Path) -> None:
    # RELION parts at space and tab (strings.cpp); a file's name may hold U+00A0 or U+3000
    text = "data_\nloop_\n_a #1\n_b #2\nTS\u00a01\t\u300012\n"
    assert read_star(star(tmp_path / "t.star", text)) == {
        "": {"a": ["TS\u00a01"], "b": ["\u300012"]}
    }


def test_relions_mark_before_an_inner_quote_is_taken_off(tmp_path: Path) -> None:
    # escapeStringForSTAR puts a bell before a quote that would end the value
    path = star(tmp_path / "t.star", 'data_\nloop_\n_a #1\n_b #2\n"say \a"yes" 1\n"x\a" y" 2\n')
    assert read_star(path) == {"": {"a": ['say "yes', 'x" y'], "b": ["1", "2"]}}


@pytest.mark.parametrize("word", ["'", '"', "'x \"y ", "' "])
def test_a_row_of_open_quotes_is_read_in_one_pass(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    searched = 0

    class Counting:
        def __init__(self, closing: re.Pattern[str]) -> None:
            self.closing = closing

        def finditer(self, line: str) -> Iterator[re.Match[str]]:
            nonlocal searched
            searched += len(line)
            return self.closing.finditer(line)

        def search(self, line: str, at: int) -> re.Match[str] | None:
            nonlocal searched
            found = self.closing.search(line, at)
            searched += (found.end() if found else len(line)) - at
            return found

    closing = {quote: Counting(pattern) for quote, pattern in star_module.CLOSING.items()}
    monkeypatch.setattr(star_module, "CLOSING", closing)
    line = word * (32_000 // len(word))
    with pytest.raises(PicksError, match="expected 2 values"):
        parse_star(f"data_\nloop_\n_a\n_b\n{line}\n", Path("t.star"))
    assert searched <= 4 * len(line)  # 16,000 times as many before


@pytest.mark.parametrize(
    ("rows", "remarks"),
    [
        ("1\n2\n\n\n", []),
        ("\n1\n2\n", []),
        (
            "1\n2\n\n3\n \n4\n",
            ["has a blank line within data_p (line 7): RELION reads 2 of its 4 rows"],
        ),
        ("# no blank line\n1\n#\n2\n", []),
    ],
)
def test_it_is_said_which_rows_relion_would_lose(rows: str, remarks: list[str]) -> None:
    star = parse_star(f"data_p\n\nloop_\n_a #1\n{rows}\ndata_q\n\n_b 1\n", Path("t.star"))
    assert star.remarks == remarks
    assert star.blocks["p"]["a"] == re.findall("[0-9]", rows)


def test_windows_line_ends_are_read_and_told_of(tmp_path: Path) -> None:
    path = star(tmp_path / "t.star", TEXT, "\r\n")
    remarks = parse_star(path.read_bytes().decode(), path).remarks
    assert remarks[0] == "has Windows line ends: RELION 3.1.3 reads no row of it"


VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")) | st.just(" "),
    max_size=8,
).filter(lambda text: not ("' " in text + " " and '" ' in text + " "))


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5))
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("star") / "t.star"
    first, second = (list(column) for column in zip(*rows, strict=True))
    blocks = {"general": {"a": ["1"]}, "particles": {"_odd": first, "b": second}}
    write_star(path, blocks)
    assert read_star(path) == blocks


@pytest.mark.parametrize("value", ["two\nlines", "both ' and \" \"x' y"])
def test_a_value_that_star_cannot_hold_is_refused_and_nothing_is_written(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(PicksError, match="expected a value that fits in a line"):
        write_star(tmp_path / "t.star", {"": {"a": ["1", value]}})
    assert list(tmp_path.iterdir()) == []


def test_the_starfile_package_reads_what_we_write(tmp_path: Path) -> None:
    path = tmp_path / "t.star"
    write_star(
        path,
        {
            "general": {"rlnTomoSubTomosAre2DStacks": ["1"]},
            "optics": {"rlnOpticsGroup": ["1"], "rlnVoltage": ["300.0"]},
            "particles": {"rlnTomoName": ["TS 1", "TS#2"], "rlnCoordinateX": ["1.5", "-2.25"]},
        },
    )
    blocks = starfile.read(path, always_dict=True)
    assert list(blocks) == ["general", "optics", "particles"]
    assert blocks["general"] == {"rlnTomoSubTomosAre2DStacks": 1}
    assert blocks["particles"]["rlnTomoName"].tolist() == ["TS 1", "TS#2"]
    assert blocks["particles"]["rlnCoordinateX"].tolist() == [1.5, -2.25]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y,z\n1,2,3\n", r"expected a STAR file \(data_...\), found 'x,y,z' in line 1"),
        ("", "found no block"),
        ("data_\nloop_\n_a\n_b\n1 2\n3\n", "expected 2 values, found 1 in line 6"),
        ("data_\nloop_\n_a\n_a\n", "expected column a once"),
        ("data_x\n_a 1\ndata_x\n_a 1\n", "expected one block data_x, found two"),
        ("data_\n_a 1 2\n", "expected one value for a, found 2"),
        ("data_\n_a 1\n3 4\n", "expected 0 values, found 2 in line 3"),
    ],
)
def test_what_is_no_star_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PicksError, match=message):
        read_star(star(tmp_path / "t.star", text))


def test_binary_and_absent_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.star"
    with pytest.raises(PicksError, match="No such file"):
        read_star(path)
    path.write_bytes(gzip.compress(b"data_"))
    with pytest.raises(PicksError, match="bytes that are no text"):
        read_star(path)


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("chlamy/ps2", 3111, 9),
        ("formats/relion_4.0", 1746, 21),
        ("formats/relion_3.0", 3, 15),
        ("formats/relion5__clean__warp2_particles_matching", 1218, 15),
    ],
)
def test_real_files_come_out_as_they_came_in(
    tmp_path: Path, shared_data: Path, name: str, rows: int, columns: int
) -> None:
    source = shared_data / "coordinates" / f"{name}.star.gz"
    path = tmp_path / "t.star"
    path.write_bytes(gzip.decompress(source.read_bytes()))
    blocks = read_star(path)
    table = blocks.get("particles", blocks.get(""))
    assert table is not None
    assert len(table) == columns
    assert {len(column) for column in table.values()} == {rows}
    lines = [line.split() for line in path.read_text().splitlines()]
    words = [line for line in lines if len(line) == columns][-rows:]
    assert [list(row) for row in zip(*table.values(), strict=True)] == words
    write_star(tmp_path / "again.star", blocks)
    assert read_star(tmp_path / "again.star") == blocks


def test_many_rows_are_quoted_as_each_alone() -> None:
    words = ["a", "", "a b", "_x", "#", "a#b", "'q", "it's", "data_", "loop_x", "é\u00a0", "0.5"]
    rng, quoted = np.random.default_rng(0), star_module._quoted
    for kept in (words, ["a", "0.5"], ["", "a b"]):  # two that need it in turn: none hides another
        cells = [kept[at] for at in rng.integers(0, len(kept), 2000)]
        table = {"one": cells, "two": cells[::-1]}
        rows = "".join(star_module._lines("x", table)).split("\n")[6:-2]
        assert rows == [f"{quoted(a)}\t{quoted(b)}" for a, b in zip(*table.values(), strict=True)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_rows_and_lines_are_taken_in_pieces_without_a_difference(
    newline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "data_general\n\n_a 1\n_b 'x y'\n\ndata_optics\nloop_\n_o #1\n1\n2\n_3\n\ndata_particles\n"
        "# a comment\nloop_\n_x #1\n_y #2\n1 2\n_3 loop_\ndata_ 4\n'5 5' 6\n\n7 é\n8 9 # last\n"
        "loop_\n_z\na\n"
    ).replace("\n", newline)
    whole = parse_star(text, Path("x.star"))
    assert whole.blocks["particles"] == {
        "x": ["1", "_3", "data_", "5 5", "7", "8"],
        "y": ["2", "loop_", "4", "6", "é", "9"],
        "z": ["a"],
    }
    assert whole.blocks["optics"] == {"o": ["1", "2", "_3"]}
    for n_rows, n_letters in ((1, 1), (2, 7), (3, 20)):
        monkeypatch.setattr("cryoal.io.star.ROWS_AT_ONCE", n_rows)
        monkeypatch.setattr("cryoal.io.star.LETTERS_AT_ONCE", n_letters)
        assert parse_star(text, Path("x.star")) == whole


def test_what_is_read_takes_less_than_lists_of_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryoal.io.star.ROWS_AT_ONCE", 1000)
    monkeypatch.setattr("cryoal.io.star.LETTERS_AT_ONCE", 10_000)
    labels = "".join(f"_rlnColumn{k}\n" for k in range(8))
    row = " ".join(f"{k}00.123456" for k in range(1, 9))
    n = 20_000
    path = tmp_path / "x.star"
    path.write_text(f"data_particles\nloop_\n{labels}" + f"{row}\n" * n)
    tracemalloc.start()
    blocks = read_star(path)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    in_lists = 8 * n * (sys.getsizeof("100.123456") + 8)
    assert len(blocks["particles"]["rlnColumn7"]) == n
    assert kept < 0.3 * in_lists
    assert peak < 0.8 * in_lists
