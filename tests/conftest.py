"""Fixtures that more than one floor uses."""

from __future__ import annotations

import csv
import os
import shutil
import signal
from pathlib import Path

import pytest

# Several test processes share the cores; torch reads this when it is first imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from cryoal.campaign import Campaign
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.testing.phantoms import PhantomFiles, write_phantoms

N_ASKED = 30
SETTINGS = (
    "pool.box=8",
    "model.width=4",
    "train.epochs=2",
    "train.batch_size=8",
    "augment.shift=0",
    # the pair alone, unless a test says otherwise; heads have tests of their own
    'classifier.use="pair"',
    'query.strategy="knowledge-transfer"',
    'query.first="random"',
)


def pytest_configure() -> None:
    """What a shell starts behind itself (``make test &``) ignores Ctrl-C, and its children too.

    A command that a test starts and interrupts would never end.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    """Two tomograms with 36 candidates of three classes."""
    folder = tmp_path_factory.mktemp("phantoms")
    return write_phantoms(folder, n_tomograms=2, shape=(32, 80, 80), per_class=6)


@pytest.fixture(scope="session")
def original(phantoms: PhantomFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with a pool and nothing else; not to be written to."""
    path = tmp_path_factory.mktemp("campaigns") / "original"
    campaign = Campaign.create(path, make_config(phantoms.classes, "laptop", SETTINGS))
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(campaign.pool_path, phantoms.tomograms, picks, box=8)
    return path


@pytest.fixture
def campaign(original: Path, tmp_path: Path) -> Campaign:
    """A copy of `original` to work on."""
    shutil.copytree(original, tmp_path / "campaign")
    return Campaign.open(tmp_path / "campaign")


@pytest.fixture(scope="session")
def truth(phantoms: PhantomFiles) -> dict[str, str]:
    """The class of every candidate."""
    with phantoms.truth.open(newline="") as file:
        return {row["key"]: row["label"] for row in csv.DictReader(file)}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data beside the checkout; tests that need it are skipped where there is none."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CRYOAL_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent (set CRYOAL_TEST_DATA)")
    return folder


@pytest.fixture
def asked(campaign: Campaign) -> list[str]:
    """Keys of the query, as suggested: ring, rod, background in turn."""
    from tests.campaign.report.samples import write_cycle

    keys: list[str] = campaign.pool.keys.tolist()[:N_ASKED]
    classes = campaign.config.classes
    write_cycle(campaign, 0, [(key, classes[i % 3]) for i, key in enumerate(keys)])
    return keys
