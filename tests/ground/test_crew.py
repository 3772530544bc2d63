import pickle

import numpy as np

from cryoal.crew import ALONE, keeps_jobs, spans_of


class Squares:
    name = "squaring"

    def __init__(self):
        self.asked = []

    def of(self, start, stop):
        self.asked.append((start, stop))
        return {"square": np.arange(start, stop) ** 2}


def test_spans_cover_every_row_once_and_begin_at_multiples_of_the_step():
    assert spans_of(10, 4) == [(0, 4), (4, 8), (8, 10)]
    assert spans_of(8, 4) == [(0, 4), (4, 8)]
    assert spans_of(0, 4) == []


def test_one_process_computes_a_span_when_it_is_asked_for_and_not_before():
    work = Squares()
    found = ALONE.spans(work, spans_of(5, 2))
    assert work.asked == []
    assert next(found)["square"].tolist() == [0, 1]
    assert work.asked == [(0, 2)]
    assert [rows["square"].tolist() for rows in found] == [[4, 9], [16]]


def test_one_process_does_jobs_one_after_the_other():
    assert list(ALONE.jobs(divmod, [(7, 2), (9, 4)])) == [(0, (3, 1)), (1, (2, 1))]


def test_the_crew_of_one_can_be_sent_elsewhere():
    assert list(pickle.loads(pickle.dumps(ALONE)).jobs(abs, [(-3,)])) == [(0, 3)]


def test_who_does_jobs_here_is_told_by_the_crew():
    class Others:
        keeps_jobs = True

    assert keeps_jobs(ALONE)
    assert keeps_jobs(Others())
    assert not keeps_jobs(object())
