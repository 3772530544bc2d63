from __future__ import annotations

import warnings

import pytest

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="session")
def two_threads():
    """Two workers in this process, called a and b: enough where nothing is killed."""
    import dask

    with warnings.catch_warnings(), dask.config.set({"distributed.worker.profile.enabled": False}):
        from distributed import LocalCluster

        cluster = LocalCluster(
            n_workers=0,
            processes=False,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=50,
            memory_limit=None,
        )
        spec = cluster.new_worker_spec()
        (options,) = spec.values()
        for name in "ab":
            cluster.worker_spec[name] = {
                **options,
                "options": {**options["options"], "nthreads": 1},
            }
        cluster.sync(cluster._correct_state)
        client = distributed.Client(cluster, set_as_default=False)
        client.wait_for_workers(2)
        yield client
        client.close()
        cluster.close()
