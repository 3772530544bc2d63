"""What the benchmark of few labels counts with."""

import numpy as np
import pytest

from benchmarks.few_labels.data import DATA, Absent, LabelledBoxes, folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import accuracy, interval, macro_f1


def test_macro_f1_counts_classes_and_not_boxes() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1])
    said = np.array([0, 0, 0, 0, 0, 0])
    # class 0: 2 * 4 / (4 + 6); class 1: 0
    assert macro_f1(truth, said, 2) == pytest.approx(0.4)
    assert accuracy(truth, said) == pytest.approx(4 / 6)


def test_a_class_that_is_not_in_the_truth_does_not_count() -> None:
    truth = np.array([0, 0, 1, 1])
    assert macro_f1(truth, truth, 5) == 1.0


def test_an_interval_is_students() -> None:
    mean, half = interval([1.0, 2.0, 3.0])
    # t(0.975, 2) = 4.3027, standard error 1 / sqrt(3)
    assert (mean, half) == (pytest.approx(2.0), pytest.approx(4.3027 / np.sqrt(3), abs=1e-4))


def test_more_labels_are_the_same_and_more() -> None:
    pool = np.arange(100, 140)
    few, many = at_random(pool, 5, 3, 0), at_random(pool, 20, 3, 0)
    assert (many[:5] == few).all()
    assert len(set(many)) == 20
    assert set(many) <= set(pool)
    assert (at_random(pool, 5, 4, 0) != few).any()


def test_each_tomogram_of_e_is_the_test_once() -> None:
    label, tomogram = np.zeros(6, dtype=np.int64), np.array([0, 0, 1, 1, 2, 2])
    rows = np.arange(6)
    made = LabelledBoxes(
        "E", np.zeros((6, 8, 8, 8), np.float32), label, ("a",), tomogram, rows, rows
    )
    found = list(folds(made))
    assert [set(tomogram[test]) for _, test in found] == [{0}, {1}, {2}]
    assert all(set(pool) | set(test) == set(range(6)) for pool, test in found)
    assert all(not set(pool) & set(test) for pool, test in found)


def test_a_set_without_its_material_says_what_is_missing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.few_labels.data.DATA", tmp_path / "nothing")
    with pytest.raises(Absent, match="nothing; CRYOAL_TEST_DATA"):
        open_set("A", tmp_path)


@pytest.mark.skipif(not (DATA / "microtubule").is_dir(), reason=f"no {DATA}/microtubule")
def test_halves_of_the_microtubule_share_no_box(tmp_path) -> None:
    found = open_set("A", tmp_path)
    assert (len(found.pool), len(found.test)) == (590, 572)
    assert not set(found.pool) & set(found.test)
    again = open_set("A", tmp_path)  # from the file
    assert (again.boxes == found.boxes).all()
    assert again.classes == found.classes
