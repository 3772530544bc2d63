import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from cryoal.cli import main
from cryoal.crew import spans_of
from cryoal.data.extract import extract
from cryoal.distributed.crew import DaskCrew
from cryoal.distributed.link import connect
from cryoal.distributed.local import local_client
from cryoal.distributed.patience import Patience
from cryoal.errors import CrewError
from cryoal.simulate.run import simulate
from tests.campaign.test_classifier import fresh
from tests.data.test_cutting import content, files, some_picks
from tests.distributed.works import Ends, EndsOverBoxes, Freezes, Slowly, Squares, ends
from tests.simulate.material import blob, small, write_map

__all__ = ["fresh"]

SPANS = spans_of(95, 10)
ALL = [n * n for n in range(95)]


@pytest.fixture(scope="module")
def two():
    before = dict(os.environ)
    with local_client(2) as (client, local):
        assert dict(os.environ) == before
        yield client, local
    for process in local.processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def squares(found):
    return np.concatenate([rows["square"] for rows in found]).tolist()


def test_two_workers_killed_in_mid_run_change_nothing(two, tmp_path):
    client, local = two
    said = []
    crew = DaskCrew(client, say=said.append, tend=local.tend)
    assert squares(crew.spans(Ends(folder=str(tmp_path), row=23, times=2), SPANS)) == ALL
    assert len(said) == 2
    for line in said:
        assert line.startswith("lost worker tcp://127.0.0.1:")
        assert f" on {socket.gethostname()} (process " in line
        assert line.endswith(" over squaring, rows 20 to 30: another does it")


def test_a_span_that_ends_every_worker_ends_the_command_in_one_line(two, tmp_path):
    client, local = two
    crew = DaskCrew(client, Patience(tries=2), tend=local.tend)
    with pytest.raises(CrewError) as caught:
        list(crew.spans(Ends(folder=str(tmp_path), row=0, times=2), SPANS))
    line = str(caught.value)
    assert line.startswith("expected squaring, rows 0 to 10, found 2 workers lost over it, last ")
    assert f" on {socket.gethostname()} (process " in line


def test_a_frozen_process_holds_nobody_up(two, tmp_path):
    client, local = two
    crew = DaskCrew(client, Patience(late=1.0), tend=local.tend)
    assert squares(crew.spans(Freezes(folder=str(tmp_path), row=40), SPANS)) == ALL
    os.kill(int((tmp_path / "frozen").read_text()), signal.SIGCONT)


def test_a_job_whose_worker_died_is_done_by_another(two, tmp_path):
    client, local = two
    crew = DaskCrew(client, tend=local.tend)
    assert dict(crew.jobs(ends, [(str(tmp_path), n) for n in range(3)])) == {0: 0, 1: 1, 2: 2}


def test_a_scheduler_that_is_not_there_is_one_line():
    with pytest.raises(CrewError, match=r"expected a Dask scheduler at 127.0.0.1:9, found nobody"):
        connect("127.0.0.1:9", seconds=0.3)


def test_a_scheduler_that_restarts_loses_nothing(tmp_path):
    port = free_port()
    with Programs(tmp_path) as programs:
        scheduler = programs.scheduler(port)
        programs.worker(port)
        said = []
        with connect(f"127.0.0.1:{port}") as client:
            crew = DaskCrew(client, say=said.append)
            found = crew.spans(Slowly(), SPANS)
            first = [next(found), next(found)]
            scheduler.kill()
            scheduler.wait()
            programs.scheduler(port)
            programs.worker(port)
            assert squares([*first, *found]) == ALL
    assert said == [
        f"lost the scheduler at tcp://127.0.0.1:{port}; waiting 60 s for it",
        f"the scheduler at tcp://127.0.0.1:{port} is back",
    ]


def test_a_scheduler_that_stays_away_ends_the_command_in_one_line(tmp_path):
    port = free_port()
    with Programs(tmp_path) as programs:
        scheduler = programs.scheduler(port)
        programs.worker(port)
        with connect(f"127.0.0.1:{port}", seconds=5) as client:
            found = DaskCrew(client, Patience(silence=0.5)).spans(Squares(), SPANS)
            next(found)
            scheduler.kill()
            scheduler.wait()
            with pytest.raises(CrewError, match="the same command goes on"):
                list(found)
    # Dask gives up after 10 s and logs an error of its own, between lines that say the same
    # and tells of each connection that broke, with a traceback
    for name in ("distributed.client", "distributed.batched"):
        assert not logging.getLogger(name).isEnabledFor(logging.ERROR)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Programs:
    """Dask's own programs, ended with the block."""

    def __init__(self, folder):
        self.folder, self.started = folder, []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for program in self.started:
            program.kill()
        for program in self.started:
            program.wait()

    def scheduler(self, port):
        return self._start("dask_scheduler", f"--port={port}", "--host=127.0.0.1", "--no-dashboard")

    def worker(self, port):
        where = ("--no-nanny", "--no-dashboard", f"--local-directory={self.folder}")
        return self._start("dask_worker", f"127.0.0.1:{port}", *where, "--nthreads=1")

    def _start(self, name, *words):
        program = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.started.append(program)
        return program


def test_files_simulated_by_workers_have_the_bits_of_one_process(two, tmp_path):
    client, local = two
    map_ = write_map(tmp_path / "dot.mrc", blob((12, 12, 12), (6, 6, 6), 1.2))
    recipe = small("tomograms", [map_], "tomograms.count=2", "tomograms.shape=[32,64,64]")
    one = simulate(recipe, tmp_path / "one", processes=1, device="cpu")
    crew = DaskCrew(client, tend=local.tend)
    by_others = simulate(recipe, tmp_path / "others", device="cpu", crew=crew)
    for here, there in zip(one.tomograms, by_others.tomograms, strict=True):
        assert there.read_bytes()[1024:] == here.read_bytes()[1024:]  # the header has a date
    assert by_others.truth.read_bytes() == one.truth.read_bytes()


@pytest.mark.parametrize("lazy", [False, True])
def test_a_pool_whose_boxes_are_cut_by_workers_of_which_one_dies_has_the_bytes_of_one_process(
    two, tmp_path, monkeypatch, lazy
):
    client, local = two
    monkeypatch.setattr("cryoal.data.part_writer.now", lambda: "2026-01-01T00:00:00Z")
    paths, picks = files(tmp_path), some_picks(tmp_path / "p.csv")
    add = partial(extract, tomograms=paths, picks=picks, box=8, density="white", lazy=lazy)
    add(tmp_path / "here" / "pool.zarr")
    said = []
    ends = partial(EndsOverBoxes, folder=str(tmp_path), row=15)
    monkeypatch.setattr("cryoal.data.cutter.Cutting", ends)
    crew = DaskCrew(client, say=said.append, tend=local.tend)
    add(tmp_path / "there" / "pool.zarr", crew=crew)
    assert content(tmp_path / "there") == content(tmp_path / "here")
    (line,) = said
    assert line.startswith("lost worker tcp://127.0.0.1:")
    assert " over cutting boxes, rows " in line  # 11 to 22, or those before that were on the way


def test_a_campaign_classified_by_workers_has_the_bytes_of_one_process(two, fresh, truth):
    client, _ = two
    fresh.record("ann", [(key, truth[key]) for key in fresh.pool.keys[::3].tolist()])
    other = fresh.path.with_name("other")
    shutil.copytree(fresh.path, other)
    assert main(["classify", str(fresh.path), "--scheduler", "alone"]) == 0
    assert main(["classify", str(other), "--scheduler", client.scheduler.address]) == 0
    made = sorted(file.name for file in (fresh.path / "descriptors").glob("*.f32"))
    assert "scattering.f32" in made
    for name in ("predictions.csv", *(f"descriptors/{name}" for name in made)):
        assert (other / name).read_bytes() == (fresh.path / name).read_bytes()
