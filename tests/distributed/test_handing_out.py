"""Who gets what, with workers that answer when a test says so."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from cryoal.distributed import handing_out as module
from cryoal.distributed.handing_out import HandingOut, Part
from cryoal.distributed.patience import Patience
from cryoal.distributed.there import Failure, greet
from cryoal.errors import CrewError

A, B = "tcp://10.0.0.1:1", "tcp://10.0.0.2:1"
HERE = greet()


class Future:
    def __init__(self, function, arguments):
        self.function, self.arguments = function, arguments
        self.status, self.found = "pending", None

    def give(self, found):
        self.status, self.found = "finished", found
        self.then(self)

    def result(self, timeout=None):
        return self.found

    def cancel(self):
        self.status = "cancelled"


class Link:
    """Workers at addresses, each with what it answers to a part: a result, or nothing."""

    is_up = True

    def __init__(self, answers, greeting=HERE):
        self.answers, self.greeting = answers, greeting
        self.after_greeting = lambda: None

    @property
    def client(self):
        return self

    def addresses(self):
        return set(self.answers)

    def submit(self, function, *arguments, workers, **other):
        future = Future(function, arguments)
        answer = self._greets if function is greet else self.answers[workers[0]]
        future.add_done_callback = lambda then: (setattr(future, "then", then), answer(future))
        return future

    def _greets(self, future):
        future.give(self.greeting)
        self.after_greeting()


def handing_out(link, parts, said=None, **patience):
    say = (lambda line: None) if said is None else said.append
    return HandingOut(link, parts, 2, Patience(**patience), say, lambda come: "")


def part(number=0):
    return Part(number, f"squaring, rows {number} to {number + 1}", print, (number,))


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(module, "LOOK", 0.01)


def test_where_the_only_other_worker_has_gone_the_command_ends_with_the_first_ones_error():
    asked = []

    def is_joined(future):
        asked.append("a")
        link.after_greeting = lambda: future.give(Failure(OSError(28, "No space left", "/scratch")))
        link.answers[B] = goes_away

    def goes_away(future):
        asked.append("b")
        del link.answers[B]

    link = Link({A: is_joined})
    with pytest.raises(CrewError, match=r"squaring, rows 0 to 1, found on .* No space left: /scr"):
        handing_out(link, [part()], workers=0.1).next(1)
    assert asked == ["a", "b"]


def test_where_no_job_has_time_for_a_part_one_line_says_so():
    link = Link({A: lambda future: future.give(1)}, replace(HERE, until=time.time() + 5))
    work = handing_out(link, [part()], workers=0.1)
    work._longest = 60.0
    with pytest.raises(CrewError, match=r"expected jobs with time for a part, which took 60 s, fo"):
        work.next(1)


def test_a_part_that_waits_behind_another_counts_from_when_its_turn_came(monkeypatch):
    clock = SimpleNamespace(now=1.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    waiting = []

    def keeps(future):
        waiting.append(future)
        if len(waiting) == 2:
            clock.now = 11.0
            waiting[0].give(1)

    work = handing_out(Link({A: keeps}), [part(0), part(1)], workers=100.0)
    assert work.next(2) == (0, 1)
    clock.now = 21.0
    waiting[1].give(1)
    assert work.next(2) == (1, 1)
    assert work._longest == 10.0


def test_who_waits_for_workers_is_told(monkeypatch):
    monkeypatch.setattr(module, "PATIENT", 0.0)
    said = []
    with pytest.raises(CrewError, match="expected workers that answer, found none for 0 s"):
        handing_out(Link({}), [part()], said, workers=0.1).next(1)
    assert said == ["no worker to give work to: waiting 0 s"]


def test_what_came_while_nobody_asked_is_not_late():
    said = []
    work = handing_out(Link({A: lambda future: future.give(1)}), [part(0), part(1)], said, late=0.0)
    assert work.next(2) == (0, 1)
    time.sleep(0.02)  # who asks is busy with it for longer than a part may take
    assert work.next(2) == (1, 1)
    assert said == []
