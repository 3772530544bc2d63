"""The plain loops that throughput is held against do the same work."""

from __future__ import annotations

from benchmarks.paper.throughput import measure, settings


def test_each_kind_of_work_is_timed_beside_its_plain_loop() -> None:
    found = measure(settings(2), n=8, repeats=1)
    assert [row["what"] for row in found] == [
        *("train teacher", "train teacher and student", "score teacher and student")
    ]
    for row in found:
        assert float(str(row["images_per_second"])) > 0
        assert float(str(row["plain_images_per_second"])) > 0
