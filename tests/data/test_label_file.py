from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.data.label_file import read_labels
from cryoal.errors import LabelError

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("wall", "lumen")


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
    path.write_bytes(b"\xff\xfe\x00key")
    with pytest.raises(LabelError, match=r"UTF-8, found other bytes in .*answers.csv"):
        read_labels(path, CLASSES)


def test_empty_rows_at_the_end_of_a_spreadsheet_are_nothing(tmp_path: Path) -> None:
    read = read_labels(write(tmp_path, "key;label\nt/1;wall\n;\n;;\n"), CLASSES)
    assert read.answers == (("t/1", "wall"),)


def test_an_unclosed_quote_is_named(tmp_path: Path) -> None:
    rows = "".join(f"t/{i},wall\n" for i in range(20_000))
    with pytest.raises(LabelError, match=r"expected CSV in .*answers\.csv line"):
        read_labels(write(tmp_path, f'key,label\nt/x,"wall\n{rows}'), CLASSES)


def test_our_own_predictions_are_not_an_experts_answers(tmp_path: Path) -> None:
    path = write(tmp_path, "key,class,p_wall,p_lumen,disagreement\nt/1,wall,1,0,0\n")
    with pytest.raises(LabelError, match="found cryoal's own predictions"):
        read_labels(path, CLASSES)
