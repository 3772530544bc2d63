from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Literal

import pytest

from cryoal.data.label_file import read_labels
from cryoal.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CLASSES = ("wall", "lumen")

HEADER = ["key", "label", "suggestion", "score", "tomogram"]
ROWS = [[f"TS_01/{i}", CLASSES[i % 2], "wall", f"0.{i}", "TS_01"] for i in range(1, 8)]
ANSWERS = tuple((row[0], row[1]) for row in ROWS)
TABLE = [HEADER, *ROWS]


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "key,label\nt/1,wall\nt/2,\n",
        "particle,class\r\nt/1,wall\r\nt/2,\r\n",
        "\ufeffkey;other;label\nt/1;x;wall\nt/2;;\n",
        "other\tkey\tlabel\nx\tt/1\twall\nx\tt/2\t \n",
        ' key , label \n"t/1", wall \nt/2,\n\n',
    ],
)
def test_spreadsheets_of_all_countries_are_understood(tmp_path: Path, text: str) -> None:
    read = read_labels(write(tmp_path, text), CLASSES)
    assert read.answers == (("t/1", "wall"),)
    assert read.unanswered == ("t/2",)


def test_keys_keep_their_leading_zeros(tmp_path: Path) -> None:
    read = read_labels(write(tmp_path, "key,label\n0017/001,wall\n007,lumen\n"), CLASSES)
    assert [key for key, _ in read.answers] == ["0017/001", "007"]


def test_unsure_is_an_abstention_unless_it_is_a_class(tmp_path: Path) -> None:
    path = write(tmp_path, "key,label\nt/1,unsure\nt/2,?\nt/3,abstain\n")
    assert read_labels(path, CLASSES).answers == (("t/1", None), ("t/2", None), ("t/3", None))
    assert read_labels(path, (*CLASSES, "unsure")).answers[0] == ("t/1", "unsure")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "key,label\nt/1,wal\n",
            r"no class called 'wal' in .*answers.csv line 2; did you mean 'wall'",
        ),
        ("key,label\nt/1,wall\nt/1,lumen\n", r"one answer for 't/1', found a second .* line 3"),
        (
            "name,label\nt/1,wall\n",
            r"columns key\|particle and label\|class in .*, found name, label",
        ),
        ("key,label\n,wall\n", "expected a key in .* line 2, found none"),
        ("", "expected the columns"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        read_labels(write(tmp_path, text), CLASSES)


def test_the_same_answer_twice_is_no_contradiction(tmp_path: Path) -> None:
    path = write(tmp_path, "key,label\nt/1,wall\nt/1,wall\n")
    assert read_labels(path, CLASSES).answers == (("t/1", "wall"),)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(b"key,label\n\xe5,wall\n")
    with pytest.raises(LabelError, match=r"UTF-8, found other bytes in .*answers.csv line 2"):
        read_labels(path, CLASSES)


def test_empty_rows_at_the_end_of_a_spreadsheet_are_nothing(tmp_path: Path) -> None:
    read = read_labels(write(tmp_path, "key;label\nt/1;wall\n;\n;;\n"), CLASSES)
    assert read.answers == (("t/1", "wall"),)


def test_an_unclosed_quote_is_named(tmp_path: Path) -> None:
    rows = "".join(f"t/{i},wall\n" for i in range(20_000))
    with pytest.raises(LabelError, match=r"expected CSV in .*answers\.csv line 2, found"):
        read_labels(write(tmp_path, f'key,label\nt/x,"wall\n{rows}'), CLASSES)


def test_our_own_predictions_are_not_an_experts_answers(tmp_path: Path) -> None:
    path = write(tmp_path, "key,class,p_wall,p_lumen,disagreement\nt/1,wall,1,0,0\n")
    with pytest.raises(LabelError, match="found cryoal's own predictions"):
        read_labels(path, CLASSES)


def table(
    rows: Sequence[Sequence[str]] = TABLE,
    delimiter: str = ",",
    end: str = "\r\n",
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


def by_cell(change: Callable[[str], str], column: int) -> list[list[str]]:
    return [HEADER, *[[change(c) if j == column else c for j, c in enumerate(r)] for r in ROWS]]


def with_column(name: str, cell: Callable[[list[str]], str], place: int = 5) -> list[list[str]]:
    return [[*r[:place], name if r is HEADER else cell(r), *r[place:]] for r in TABLE]


def with_row(number: int, cells: Sequence[str]) -> str:
    """The table with row `number` (the header is 1) written as `cells`."""
    rows: list[Sequence[str]] = list(TABLE)
    rows[number - 1] = cells
    return table(rows)


READ_RIGHTLY = {
    "plain": table().encode(),
    "a mark, semicolons, every cell quoted": table(TABLE, ";", quoting=csv.QUOTE_ALL).encode(
        "utf-8-sig"
    ),
    "decimal commas": table(by_cell(lambda c: c.replace(".", ","), 3), ";").encode(),
    "tabs": table(TABLE, "\t").encode(),
    "line ends of old Macs": table(end="\r").encode(),
    "line ends of Unix, none at the end": table(end="\n").rstrip("\n").encode(),
    "Excel's Unicode text": table(TABLE, "\t").encode("utf-16"),
    "UTF-16 the other way round": b"\xfe\xff" + table().encode("utf-16-be"),
    "UTF-32": table().encode("utf-32"),
    "Excel's first line": ("sep=;\r\n" + table(TABLE, ";")).encode(),
    "the same with a bar": ("sep=|\n" + table(TABLE, "|")).encode(),
    "separators in quoted names": table(
        [["key", "label", "a;b;c;d;e", *HEADER[3:]], *ROWS]
    ).encode(),
    "columns the other way round": table([row[::-1] for row in TABLE]).encode(),
    "an empty column in front": table([["", *row] for row in TABLE]).encode(),
    "an unnamed column behind": table(with_column("", lambda row: "note")).encode(),
    "empty cells at the end of a row": with_row(3, [*ROWS[1], "", ""]).encode(),
    "an empty column called label too": table(with_column("label", lambda row: "")).encode(),
    "the same in front": table(with_column("label", lambda row: "", 1)).encode(),
    "an empty column that is called key too": table(with_column("Key", lambda row: "")).encode(),
    "empty rows": table(
        [[], [""] * 5, HEADER, [""] * 5, *ROWS[:2], [], *ROWS[2:], [" "] * 5]
    ).encode(),
    "a header in capitals": table([[name.upper() for name in HEADER], *ROWS]).encode(),
    "a key as RELION has it": table([["rlnTomoParticleName", *HEADER[1:]], *ROWS]).encode(),
    "spaces of all kinds": table(by_cell(lambda c: f" \u00a0{c}\u202f\u200b", 1)).encode(),
    "a row twice": table([*TABLE, ROWS[0]]).encode(),
    "a comment with line breaks": table(
        with_column("comment", lambda row: "first\r\nsecond, third")
    ).encode(),
    "a quote within a cell": table(by_cell(lambda c: 'so-called "wall"', 2)).encode(),
}  # fmt: skip

REFUSED = {
    "a quote that nothing closes": (
        table().replace("TS_01\r\n", '"TS_01\r\n', 1),
        "line 2, found a quote that nothing closes",
    ),
    "two quotes with rows between": (
        with_row(3, [*ROWS[1][:4], "Q"]).replace("Q", '"TS_01').replace("0.4,TS_01", '0.4,TS_01"'),
        "line 3, found a quote in it that is closed in line 5 only",
    ),
    "words behind a quoted cell": (
        with_row(3, [*ROWS[1][:4], "Q"]).replace("Q", '"TS_01" more'),
        "line 3, found",
    ),
    "two label columns": (
        table(with_column("label", lambda row: "wall")),
        "expected one column 'label' in .*csv, found 2",
    ),
    "two label columns, one in capitals": (
        table(with_column("LABEL", lambda row: "wall")),
        "expected one column 'label' in .*csv, found 2",
    ),
    "two key columns": (
        table(with_column("key", lambda row: "TS_01/1")),
        "expected one column 'key' in .*csv, found 2",
    ),
    "a cell too many": (
        with_row(4, [ROWS[2][0], "", *ROWS[2][1:]]),
        "expected 5 cells, as in the header, in .*csv line 4, found 6",
    ),
    "a cell too few": (with_row(4, ROWS[2][1:]), "expected 5 cells.*csv line 4, found 4"),
    "a row cut behind its key": (with_row(4, ROWS[2][:1]), "expected 5 cells.* line 4, found 1"),
    "a title above": ("my labels,,,\r\n" + table(), r"the columns key\|particle"),
    "labels in capitals": (
        table(by_cell(str.upper, 1)),
        "no class called 'LUMEN' in .*csv line 2; known: lumen, wall",
    ),
    "zeros": (table().replace("TS_01/2", "TS\0/2"), "line 3, found a byte of zeros"),
    "UTF-16 without its mark": (
        table().encode("utf-16-le").decode("latin-1"),
        "line 1, found a byte of zeros",
    ),
    "a cell of 200,000 letters": (with_row(5, [*ROWS[3][:4], "x" * 200_000]), "line 5, found"),
}  # fmt: skip


@pytest.mark.parametrize("case", READ_RIGHTLY)
def test_what_spreadsheets_write_is_read_rightly(tmp_path: Path, case: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(READ_RIGHTLY[case])
    read = read_labels(path, CLASSES)
    assert read.answers == ANSWERS
    assert read.unanswered == ()


@pytest.mark.parametrize("case", REFUSED)
def test_what_might_lose_or_change_an_answer_is_refused_with_its_line(
    tmp_path: Path, case: str
) -> None:
    text, message = REFUSED[case]
    path = tmp_path / "answers.csv"
    path.write_bytes(text.encode())
    with pytest.raises(LabelError, match=message):
        read_labels(path, CLASSES)


def test_a_last_column_that_excel_has_left_out_is_not_answered_yet(tmp_path: Path) -> None:
    read = read_labels(write(tmp_path, "key,label\nt/1,wall\nt/2\n"), CLASSES)
    assert (read.answers, read.unanswered) == ((("t/1", "wall"),), ("t/2",))
