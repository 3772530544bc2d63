import threading
import time

import numpy as np
import pytest

from cryoal.crew import ALONE, spans_of
from cryoal.data.extract import extract
from cryoal.distributed.crew import AHEAD, HELD, DaskCrew
from cryoal.distributed.patience import Patience
from cryoal.errors import CrewError, TomogramError
from tests.data.samples import grid_picks, tomogram
from tests.distributed.works import Hangs, Lacks, Squares, Threads, diverges, double

SPANS = spans_of(95, 10)


def squares(found):
    return np.concatenate([rows["square"] for rows in found]).tolist()


def test_spans_come_in_order_with_the_bytes_of_one_process(two_threads):
    found = list(DaskCrew(two_threads).spans(Squares(), SPANS))
    alone = list(ALONE.spans(Squares(), SPANS))
    assert [rows["square"].tobytes() for rows in found] == [r["square"].tobytes() for r in alone]
    assert all(rows["square"].flags.writeable for rows in found)


def test_no_spans_are_no_work(two_threads):
    assert list(DaskCrew(two_threads).spans(Squares(), [])) == []


def test_jobs_come_as_they_get_ready_and_name_their_arguments(two_threads):
    found = dict(DaskCrew(two_threads).jobs(double, [(n,) for n in range(7)]))
    assert found == {n: 2 * n for n in range(7)}


def test_few_spans_are_computed_before_somebody_takes_them(two_threads, tmp_path):
    many = spans_of(1000, 10)
    taken = DaskCrew(two_threads).spans(Squares(), many)
    next(taken)
    time.sleep(0.2)  # whatever is given out has time to be computed
    keys = [key for key in two_threads.futures if key.startswith("do_span")]
    taken.close()
    assert len(keys) <= 2 * max(AHEAD, HELD)


def test_a_span_is_computed_on_one_thread_and_the_former_number_comes_back(two_threads):
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        found = list(DaskCrew(two_threads).spans(Threads(), [(0, 2)]))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert [rows["threads"].tolist() for rows in found] == [[1, 1]]


def test_a_span_that_hangs_is_done_by_another_worker(two_threads, tmp_path):
    said = []
    crew = DaskCrew(two_threads, Patience(late=0.3), said.append)
    found = squares(crew.spans(Hangs(folder=str(tmp_path), row=23), SPANS))
    (tmp_path / "go").touch()
    assert found == [n * n for n in range(95)]
    assert any("no answer for 0.3 s over squaring, rows 20 to 30 from" in line for line in said)


def test_where_every_copy_hangs_one_line_names_the_span_and_the_workers(two_threads, tmp_path):
    class Stuck(Squares):
        def of(self, start, stop):
            while not (tmp_path / "go").exists():
                time.sleep(0.01)
            return super().of(start, stop)

    crew = DaskCrew(two_threads, Patience(late=0.2, tries=2))
    with pytest.raises(CrewError, match=r"expected squaring, rows 0 to 10 within .* from worker "):
        list(crew.spans(Stuck(), [(0, 10)]))
    (tmp_path / "go").touch()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("missing", "No such file or directory: /data/TS_01.mrc"),
        ("truncated", "expected 100 sections in TS_01.mrc, found 40"),
        ("full", "No space left on device: /scratch/boxes"),
    ],
)
def test_a_worker_whose_machine_lacks_something_is_named_and_left_out(two_threads, error, words):
    said = []
    crew = DaskCrew(two_threads, say=said.append)
    assert squares(crew.spans(Lacks(where="a", error=error), SPANS)) == [n * n for n in range(95)]
    (line,) = said
    assert line.startswith("worker ")
    assert words in line
    assert line.endswith("another could: it is given nothing more")


def test_what_no_worker_can_do_ends_with_the_first_ones_line(two_threads):
    with pytest.raises(CrewError) as caught:
        list(DaskCrew(two_threads).spans(Lacks(where="everywhere"), SPANS))
    line = str(caught.value)
    assert line.startswith("expected squaring, rows ")
    assert "No such file or directory: /data/TS_01.mrc" in line
    assert f"on {two_threads.run_on_scheduler(_host)}" in line


def _host():
    import socket

    return socket.gethostname()


def test_an_error_keeps_its_kind_and_says_where_it_was(two_threads):
    with pytest.raises(TomogramError, match=r"found 40 \(squaring, rows .*, on worker "):
        list(DaskCrew(two_threads).spans(Lacks(where="everywhere", error="truncated"), SPANS))


def test_an_error_that_no_machine_is_to_blame_for_is_not_tried_again(two_threads):
    said = []
    with pytest.raises(ZeroDivisionError) as caught:
        list(DaskCrew(two_threads, say=said.append).jobs(diverges, [(3,)]))
    assert caught.value.__notes__[0].startswith("diverges, 1 of 1, on worker ")
    assert said == []


def test_the_next_call_finds_the_workers_free(two_threads):
    crew = DaskCrew(two_threads)
    half = crew.spans(Squares(), spans_of(1000, 10))
    next(half)
    half.close()  # whoever took the results went away
    assert squares(crew.spans(Squares(), SPANS)) == [n * n for n in range(95)]
    assert threading.main_thread().is_alive()


@pytest.mark.parametrize(
    "work", ["measuring tomograms, rows 0 to 1", "cutting boxes, rows 0 to 12"]
)
def test_a_tomogram_that_no_worker_has_is_one_line_and_no_pool(two_threads, tmp_path, work):
    path, picks = tomogram(tmp_path, "TS_01"), grid_picks(tmp_path / "p.csv", ["TS_01"])

    class Unmounts(DaskCrew):
        def spans(self, what, spans):
            if work.startswith(what.name):
                path.unlink()
            return super().spans(what, spans)

    with pytest.raises(TomogramError) as caught:
        extract(
            tmp_path / "pool.zarr", [path], picks, box=8, density="white",
            crew=Unmounts(two_threads),
        )  # fmt: skip
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"expected a tomogram, found no file {path} ({work}, on worker ")
    assert f" on {_host()} (process " in line
    assert not (tmp_path / "pool.zarr").exists()
