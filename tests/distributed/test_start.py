import gc
from dataclasses import replace

import pytest

from cryoal.cluster_config import ClusterConfig
from cryoal.crew import ALONE, keeps, spans_of
from cryoal.distributed import extra, link, local, start
from cryoal.distributed.link import connect
from cryoal.distributed.start import ROWS, crew_of
from cryoal.distributed.there import greet
from cryoal.distributed.workers import Worker, others, unlike
from cryoal.errors import ConfigError, CrewError, FileFormatError
from tests.distributed.works import Squares


@pytest.fixture
def hired(monkeypatch):
    """Whether processes of this machine were asked for; nothing is started."""
    asked = []

    class Crew:
        def spans(self, work, spans):
            asked.append(len(spans))
            return ALONE.spans(work, spans)

    class Started:
        def __enter__(self):
            return Crew()

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(start, "_local", lambda config, say: Started())
    monkeypatch.setattr(local, "has_room", lambda: True)
    monkeypatch.setattr(start, "_has_gpu", lambda: False)
    return asked


def test_without_a_word_a_small_work_is_done_by_this_process(hired, tmp_path):
    with crew_of(None, ClusterConfig(), folder=tmp_path) as crew:
        assert len(list(crew.spans(Squares(), spans_of(ROWS - 1, 1000)))) == 20
    assert hired == []


def test_without_a_word_a_large_work_is_done_by_processes_of_this_machine(hired, tmp_path):
    with crew_of(None, ClusterConfig(), folder=tmp_path) as crew:
        assert len(list(crew.spans(Squares(), spans_of(ROWS, 1000)))) == 20
    assert hired == [20]


def test_what_is_left_of_a_large_work_is_done_as_its_beginning_was(hired, tmp_path):
    with crew_of(None, ClusterConfig(), folder=tmp_path) as crew:
        list(crew.spans(Squares(), spans_of(ROWS, 1000)[-1:]))
    assert hired == [1]


def test_a_light_work_stays_with_the_command_however_large(hired, tmp_path):
    class Light(Squares):
        is_light = True

    with crew_of(None, ClusterConfig(), folder=tmp_path) as crew:
        list(crew.spans(Light(), spans_of(ROWS, 1000)))
    assert hired == []


def test_a_work_of_long_rows_says_from_how_many_on_it_is_large(hired, tmp_path):
    class Long(Squares):
        pays_from = 3

    with crew_of(None, ClusterConfig(), folder=tmp_path) as crew:
        for n in (2, 3):
            assert keeps(crew, Long(), spans_of(n, 1)) == (n == 2)
            list(crew.spans(Long(), spans_of(n, 1)))
    assert hired == [3]


@pytest.mark.parametrize("who", ["alone", "local"])
def test_who_is_asked_for_others_keeps_nothing(hired, tmp_path, who):
    with crew_of(who, ClusterConfig(), folder=tmp_path) as crew:
        assert keeps(crew, Squares(), [(0, 1)]) == (who == "alone")


@pytest.mark.parametrize("why", ["gpu", "one processor", "no dask"])
def test_a_large_work_stays_here_where_processes_do_not_pay(hired, tmp_path, monkeypatch, why):
    if why == "gpu":
        monkeypatch.setattr(start, "_has_gpu", lambda: True)
    elif why == "one processor":
        monkeypatch.setattr(local, "has_room", lambda: False)
    else:
        monkeypatch.setattr(start, "has_extra", lambda: False)
    with crew_of(None, ClusterConfig(), folder=tmp_path) as crew:
        list(crew.spans(Squares(), spans_of(ROWS, 1000)))
    assert hired == []


def test_memory_that_is_in_use_changes_how_many_work_and_not_whether_they_do(monkeypatch):
    free = {"all": 4 * local.BYTES_EACH, "free": 0}
    monkeypatch.setattr(local, "memory", lambda: free["all"])
    monkeypatch.setattr(local, "free_memory", lambda: free["free"])
    monkeypatch.setattr(local, "processors", lambda: 8)
    assert (local.has_room(), local.n_local()) == (True, 1)
    free["free"] = 3 * local.BYTES_EACH
    assert (local.has_room(), local.n_local()) == (True, 3)
    free["all"] = local.BYTES_EACH
    assert not local.has_room()


def test_the_option_goes_before_the_settings(tmp_path):
    with crew_of("alone", ClusterConfig(scheduler="slurm"), folder=tmp_path) as crew:
        assert crew is ALONE


def test_a_word_that_is_no_scheduler_names_the_nearest(tmp_path):
    with (
        pytest.raises(ConfigError, match="found 'slrum'; did you mean 'slurm'"),
        crew_of("slrum", ClusterConfig(), folder=tmp_path),
    ):
        pass


def test_slurm_without_sbatch_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(CrewError, match=r"expected SLURM's sbatch .* found none"),
        crew_of("slurm", ClusterConfig(), folder=tmp_path),
    ):
        pass


def test_without_the_extra_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    with (
        pytest.raises(CrewError, match=r"found it absent: pip install '.\[cluster\]'"),
        crew_of("local", ClusterConfig(), folder=tmp_path),
    ):
        pass


HERE = greet()
THERE = replace(HERE, host="node7", process=12, job="3141")


def test_a_worker_with_the_same_files_may_work():
    assert unlike(Worker("tcp://10.0.0.7:40001"), THERE, HERE) == ""


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"version": "0.0.9"}, f"expected cryoal {HERE.version} on "),
        ({"sources": "00000000"}, f"expected the files of cryoal {HERE.sources} on "),
        ({"python": "3.9"}, f"expected Python {HERE.python} on "),
    ],
)
def test_a_worker_with_another_cryoal_is_named_with_its_host(other, words):
    line = unlike(Worker("tcp://10.0.0.7:40001"), replace(THERE, **other), HERE)
    assert line.startswith(words)
    assert "worker tcp://10.0.0.7:40001 on node7 (process 12, job 3141), found " in line


def test_a_worker_without_cryoal_is_named():
    line = unlike(Worker("tcp://10.0.0.7:40001"), ModuleNotFoundError("No module named 'x'"), HERE)
    assert line == (
        f"expected cryoal {HERE.version} on worker tcp://10.0.0.7:40001, "
        "found one that is not this (ModuleNotFoundError: No module named 'x')"
    )


def test_another_processor_is_told_because_last_digits_may_differ():
    assert others([THERE], HERE) == []
    (line,) = others([THERE, replace(THERE, processor="Z80")], HERE)
    assert "another processor than this machine (Z80;" in line


def test_a_worker_gets_nothing_that_its_job_has_no_time_for():
    import time

    worker = Worker("tcp://10.0.0.7:40001", replace(THERE, until=time.time() + 100))
    assert worker.room(2, seconds=10) == 2
    assert worker.room(2, seconds=1000) == 0


def test_the_file_of_a_scheduler_that_never_comes_is_one_line(tmp_path):
    with pytest.raises(CrewError, match=r"found none at .*scheduler.json within 0 s"):
        connect(str(tmp_path / "scheduler.json"), seconds=0.1)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://node1", "expected the address of a Dask scheduler, .* found 'tcp://node1' "),
        ("Local", "expected the address of a Dask scheduler, .* found 'Local' "),
        ("foo://node1:8786", "expected the address of a Dask scheduler, .* found 'foo://node1"),
        ("tls://node1:8786", "expected Dask's TLS to be set up for tls://node1:8786, found no"),
    ],
)
def test_what_is_no_address_is_one_line_and_nothing_later(address, words):
    with pytest.raises(CrewError, match=words):
        connect(address, seconds=0.1)
    gc.collect()  # a client that was half made would complain now


def test_a_file_that_a_scheduler_is_about_to_write_is_waited_for(tmp_path, monkeypatch):
    file = tmp_path / "scheduler.json"
    file.write_text('{"type": "Schedu')
    whole = '{"type": "Scheduler", "address": "tcp://10.0.0.7:8786"}'
    monkeypatch.setattr(link.time, "sleep", lambda seconds: file.write_text(whole))
    assert link._address_in(file, seconds=60) == "tcp://10.0.0.7:8786"
    file.write_text("no JSON")
    with pytest.raises(FileFormatError, match=r"scheduler\.json"):
        link._address_in(file, seconds=0)


def test_a_file_that_no_scheduler_wrote_is_one_line(tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text("{}")
    with pytest.raises(CrewError, match=r"expected the address of a Dask scheduler in .*json"):
        connect(str(file), seconds=0.1)
