"""A small campaign with everything in it, and what reads each of its files."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from cryoal.campaign import Campaign
from cryoal.campaign.audit import audit_now
from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.cycle import select
from cryoal.campaign.described import current_columns
from cryoal.campaign.model_export import model_of
from cryoal.campaign.model_file import read_model, write_model
from cryoal.campaign.predictions import are_current, classify, last_classes, read_predictions
from cryoal.campaign.report.gather import gather
from cryoal.campaign.status import describe
from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.data.moved import name_of, write_moved
from cryoal.data.pool import Pool
from cryoal.errors import CampaignError
from cryoal.io.picks.read import read_picks
from cryoal.review.agreement import agreement
from cryoal.review.intake import read_saved, take_in_saved
from cryoal.testing.phantoms import write_phantoms
from cryoal.training.checkpoint import load_network, load_team, read_card
from cryoal.training.resume import keep_run, resume_run
from tests.fuzz.seeds import Subject, read_truth_csv, write_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

SETTINGS = (
    "pool.box=8",
    "model.width=2",
    "train.epochs=1",
    "train.batch_size=8",
    "augment.shift=0",
    # heads and a pair: all that a campaign can hold
    'pretrain.method="none"',
    'query.strategy="knowledge-transfer"',
    "classifier.folds=0",
)
TIME = "2026-01-01T00:00:00.000Z"


def campaign_subjects(folder: Path) -> Iterator[Subject]:
    """Every file of a campaign, and what comes back from a review page."""
    home = _campaign(folder)
    cycle, pool = home / "cycle_001", home / "pool.zarr"
    part = pool / "part_0000"

    def of(name: str, read: Callable[[Path], object], *files: Path) -> Subject:
        assert all(file.is_file() for file in files), files
        return Subject(name, home, files, read)

    yield of("campaign.toml", _look, home / "campaign.toml")
    yield of("test.json", _look, home / "test.json")
    yield of("audit.json", _audit, home / "audit.json")
    yield of("query.json", _look, cycle / "query.json")
    yield of("journal", _look, home / "labels" / "ana.jsonl")
    yield of("report.json", _report, cycle / "report.json", cycle / "environment.json")
    yield of("predictions", _predictions, home / "predictions.json", home / "predictions.csv")
    yield of("classifier.json", _report, home / "classifier.json")
    rows = home / "descriptors"
    yield of("descriptors", _described, rows / "shells.json", rows / "shells.f32")
    yield of("made_from.json", _team, home / "model" / "made_from.json")
    model = [home / "model" / f"{role}.safetensors" for role in ("teacher", "student")]
    yield of("weights", _weights, *model)
    yield of("checkpoint", _resume, home / "run.safetensors")
    model = folder / "model.safetensors"
    write_model(model, model_of(Campaign.open(home)))
    yield Subject("model", model, (model,), _model)
    about = [
        pool / "zarr.json",
        part / "zarr.json",
        part / "zarr.json",
        part / "boxes" / "zarr.json",
    ]
    small = [p for p in sorted(part.rglob("zarr.json")) if p not in about]
    yield of("pool zarr.json", _pool, *about, *small)
    write_moved(pool, {name_of(record): record.path for record in Pool.open(pool).tomograms})
    yield of("tomograms.json", _pool, home / "tomograms.json")
    chunks = sorted(p for p in part.rglob("*") if p.is_file() and p.name != "zarr.json")
    yield of("pool chunks", _pool, *chunks)
    yield _lazy_pool(folder / "lazy", Pool.open(pool))
    saved = write_facts(folder / "review.json", _page(Campaign.open(home)))
    yield Subject("saved review", saved, (saved,), lambda path: _take_in(path, home))
    yield from _study(folder)


def _lazy_pool(home: Path, pool: Pool) -> Subject:
    """The same picks in a pool whose boxes stay in their tomograms, and what differs on disk."""
    (part,) = pool.parts
    picks = read_picks(part.source_path, tomograms=part.source_tomograms)
    paths = [record.path for record in pool.tomograms]
    extract(home / "pool.zarr", paths, picks, box=8, lazy=True)
    folder = home / "pool.zarr" / "part_0000"
    checks = sorted(path for path in (folder / "checks").rglob("*") if path.is_file())
    return Subject("lazy pool", home, (folder / "zarr.json", *checks), _pool)


def _campaign(folder: Path) -> Path:
    files = write_phantoms(
        folder / "phantoms", n_tomograms=2, shape=(32, 64, 64), per_class=6, distance=120
    )
    truth = read_truth_csv(files.truth)
    home = folder / "campaign"
    campaign = Campaign.create(home, make_config(files.classes, "laptop", SETTINGS))
    picks = read_picks(files.picks, tomograms=files.tomograms_star)
    extract(campaign.pool_path, files.tomograms, picks, box=8)
    keys = campaign.pool.keys.tolist()
    campaign.reserve({key: truth[key] for key in keys[:4]}, "truth.csv")
    for _ in range(2):
        asked = [one.key for one in select(campaign, 12).asked]
        campaign.record("ana", [(key, truth[key]) for key in asked], source="here.csv")
    drawn = draw_audit(campaign, 6).keys
    campaign.record("bea", [(key, truth[key]) for key in drawn[:5]], is_audit=True)
    classify(campaign)
    team = build_team(campaign.config, ["student"], seed=0)
    keep_run(home / "run.safetensors", "identity", team, _optimizer(team), [{"teacher_loss": 1.0}])
    return home


def _optimizer(team: Any) -> Any:
    import torch

    parameters = [p for network in team.models().values() for p in network.parameters()]
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


def _look(path: Path) -> object:
    campaign = Campaign.open(path)
    labels = campaign.training_labels()
    return describe(campaign), labels, campaign.labels.answers(), agreement(campaign)


def _audit(path: Path) -> object:
    campaign = Campaign.open(path)
    return campaign.audit, audit_now(campaign), campaign.training_labels()


def _described(path: Path) -> object:
    columns = current_columns(Campaign.open(path))
    index = np.arange(len(columns.pool))
    return columns.read("shells", index).tolist(), columns.moments("shells").mean.tolist()


def _report(path: Path) -> object:
    from cryoal.campaign.loop import curve

    campaign = Campaign.open(path)
    return gather(campaign).stages, curve(campaign)


def _predictions(path: Path) -> object:
    campaign = Campaign.open(path)
    read = read_predictions(campaign) if are_current(campaign) else None
    return read, last_classes(campaign)


def _team(path: Path) -> object:
    from cryoal.campaign.model import current_team

    made_from = path / "model" / "made_from.json"
    kept = {p: p.read_bytes() for p in (path / "model").iterdir()}
    try:
        new = CampaignError(f"a training that starts anew, for {made_from}")
        with patch("cryoal.campaign.model.train_all", side_effect=new):
            return current_team(Campaign.open(path)).report
    finally:
        (path / "model").mkdir(exist_ok=True)
        for file, content in kept.items():
            file.write_bytes(content)


def _weights(path: Path) -> object:
    campaign = Campaign.open(path)
    team = load_team(path / "model", campaign.config, ["student"])
    file = path / "model" / "teacher.safetensors"
    load_network(file)
    return read_card(file), [
        zlib.crc32(tensor.numpy().tobytes())
        for network in team.models().values()
        for tensor in network.state_dict().values()
    ]


def _model(path: Path) -> object:
    model = read_model(path)
    return model.card, [zlib.crc32(t.numpy().tobytes()) for t in model.tensors.values()]


def _resume(path: Path) -> object:
    team = build_team(Campaign.open(path).config, ["student"], seed=0)
    return resume_run(path / "run.safetensors", "identity", team, _optimizer(team), Refusal())


class Refusal:
    """Takes for a refusal what is said of a run that cannot go on."""

    def track(self, items: Iterable[T], *_: object) -> Iterable[T]:
        return items

    def say(self, line: str) -> None:
        if "anew" in line:
            raise CampaignError(line)


def _pool(path: Path) -> object:
    pool = Pool.open(path / "pool.zarr")
    boxes = pool.read_normalised(np.arange(len(pool)))
    text = [(part.columns(), part.blocks()) for part in pool.parts]
    numbers = [pool.position_zyx_angstrom, pool.inside_fraction, pool.tomogram]
    positions = [zlib.crc32(np.ascontiguousarray(a).tobytes()) for a in numbers]
    return pool.keys.tolist(), pool.tomograms, positions, zlib.crc32(boxes.tobytes()), text


def _page(campaign: Campaign) -> dict[str, Any]:
    keys = campaign.pool.keys.tolist()
    sitting = {
        "sitting": "aa", "time": TIME, "campaign": campaign.identity, "interface": "browser",
        "version": "0.1.0", "queue": "cycle 0", "order": "score", "blind": False,
    }  # fmt: skip
    return {
        "format": "cryoal-review",
        "version": 1,
        "campaign": campaign.identity,
        "annotator": "bea",
        "queue": "cycle 0",
        "new_classes": ["vault"],
        "events": [
            sitting,
            {"key": keys[5], "label": "ring", "time": TIME, "press": "aa-1", "seconds": 1.5},
            {"key": keys[6], "label": "vault", "time": TIME, "press": "aa-2"},
            {"key": keys[7], "label": None, "time": TIME, "press": "aa-3"},
            {"skip": keys[8], "time": TIME, "press": "aa-4"},
            {"flag": keys[8], "raised": True, "time": TIME, "press": "aa-5"},
            {"undo": "aa-2", "time": TIME},
        ],
    }


def _take_in(path: Path, home: Path) -> object:
    """What was taken in; the campaign is put back as it was."""
    settings, folder = home / "campaign.toml", home / "labels"
    kept = {file: file.read_bytes() for file in (settings, *folder.glob("*.jsonl"))}
    try:
        saved = read_saved(path)
        campaign = Campaign.open(home)
        taken = take_in_saved(campaign, saved, saved.annotator)
        return taken, Campaign.open(home).standing()
    finally:
        for file in set(folder.glob("*.jsonl")) - kept.keys():
            file.unlink()
        for file, content in kept.items():
            file.write_bytes(content)


def _study(folder: Path) -> Iterator[Subject]:
    from cryoal.study.compare import compare, read_rows
    from cryoal.study.config import read_study
    from cryoal.study.report import write_report
    from tests.study.images import STUDY, write_study

    text = STUDY.replace("seeds = [0, 1]", "seeds = [0]").replace("cycles = 2", "cycles = 1")
    text = text.replace('["random", "margin", "knowledge-transfer"]', '["random"]')
    (folder / "compared").mkdir()
    study = read_study(write_study(folder / "compared", text.replace("epochs=3", "epochs=1")))
    out = folder / "compared" / "out"
    compare(study, out)

    def rows(path: Path) -> object:
        found = read_rows(study, path)
        names = [variant.name for variant in study.all_variants()]
        write_report(found, path / "report", title="x", strategies=names, seeds=study.seeds)
        return found

    files = tuple(sorted(out.glob("cells/*/cycle_*.json")))
    yield Subject("cells of a study", out, files, rows)
