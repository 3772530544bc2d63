"""``python -m benchmarks.paper.throughput``: images a second, against plain loops in the same run.

ResNet-18 and ResNet-10 for images of 32 x 32, by the preset cifar10. The plain loops have the same
networks, optimiser and precision, everything on the device and no augmentation: the least work
that there is. Ours draws crops and mirror images, guards against divergence and tells its losses.
All are timed in turn, several times; medians, in results/throughput.csv. Beside them the squares of
CamVid by the threads that training has, against the same squares in a loop.
"""

from __future__ import annotations

import argparse
import os
import statistics
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy, normalize

from benchmarks import rows
from benchmarks.paper.data import DATA
from benchmarks.paper.protocol import protocol
from benchmarks.scoring.ways import score_plainly, seconds
from cryoal.companions.build import build_team
from cryoal.data.datasets.camvid import read_camvid
from cryoal.data.datasets.images import ImageSource
from cryoal.data.datasets.masks import Frames
from cryoal.feed.device import autocast, choose_device, device_name
from cryoal.models.build import build_network
from cryoal.scoring.at_once import inputs_at_once
from cryoal.scoring.predict import predict
from cryoal.study.config import Variant
from cryoal.training.fit import fit_team
from cryoal.training.squares import random_squares

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.config import Config
    from cryoal.models.base import Network

BOTH = ("teacher_log_posterior", "student_log_posterior")
CLASSES = tuple("0123456789")


def settings(width: int) -> Config:
    """One epoch of the preset."""
    study = protocol("cifar10").study
    more = (f"model.width={width}", "train.epochs=1")
    return study.config(CLASSES, 0, Variant("", "random", more), 32)


def plain_networks(config: Config, names: list[str], device: torch.device) -> list[Network]:
    model = config.model
    return [
        build_network(
            name, width=model.width, stem=model.stem, n_classes=10, channels=3, seed=0
        ).to(device)
        for name in names
    ]


def plain_training(config: Config, with_student: bool, x: torch.Tensor, y: torch.Tensor) -> None:
    """An epoch as one would write it: eq. 1 in its own words, one optimiser for both."""
    names = [config.model.teacher, *([config.model.student] if with_student else [])]
    networks = plain_networks(config, names, x.device)
    train = config.train
    weights = [p for network in networks for p in network.parameters()]
    optimizer = torch.optim.SGD(
        weights, train.learning_rate, train.momentum, weight_decay=train.weight_decay
    )
    for place in torch.randperm(len(x), device=x.device).split(train.batch_size):
        optimizer.zero_grad()
        with autocast(train.precision, x.device):
            seen = [network(x[place]) for network in networks]
        loss = sum(cross_entropy(out.logits.float(), y[place]) for out in seen)
        if with_student:
            for teacher, student in zip(seen[0].maps, seen[1].maps, strict=True):
                maps = [
                    normalize(m.float().square().sum(dim=1).flatten(1))
                    for m in (teacher.detach(), student)
                ]
                distance = torch.linalg.vector_norm(maps[1] - maps[0], dim=1)
                loss = loss + train.transfer_weight * distance.mean()
        loss.backward()
        optimizer.step()


def plain_scoring(config: Config, x: torch.Tensor, at_once: int) -> None:
    names = [config.model.teacher, config.model.student]
    networks = plain_networks(config, names, x.device)
    score_plainly(networks, x.split(at_once), config.train.precision, x.device)


def measure(config: Config, n: int, repeats: int) -> list[dict[str, object]]:
    """A row for each of: teacher alone, teacher and student, scoring."""
    device = choose_device(config.device)
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(n, 32, 32, 3), dtype=np.uint8)
    targets = rng.integers(10, size=n)
    source = ImageSource(images, np.full(3, 0.5), np.full(3, 0.25))
    index = np.arange(n)
    x = torch.from_numpy(source.read_normalised(index)).to(device)
    y = torch.from_numpy(targets).to(device)

    def ours(companions: tuple[str, ...]) -> None:
        team = build_team(config, companions, seed=0)
        fit_team(team, source, index, targets, config, seed=0)

    team = build_team(config, ("student",), seed=0).to(device)
    team.train(False)
    precision = config.train.precision
    at_once = inputs_at_once([team.teacher], (3, 32, 32), device)
    cases: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "train teacher": (lambda: ours(()), lambda: plain_training(config, False, x, y)),
        "train teacher and student": (
            lambda: ours(("student",)),
            lambda: plain_training(config, True, x, y),
        ),
        "score teacher and student": (
            lambda: predict(team, source, index, BOTH, precision=precision),
            lambda: plain_scoring(config, x, at_once),
        ),
    }
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in cases}
    for number in range(repeats + 1):
        for name, pair in cases.items():
            for work, kept in zip(pair, times[name], strict=True):
                spent = seconds(work, device)
                if number:  # the first round warms up
                    kept.append(spent)
    found: list[dict[str, object]] = []
    for name, (mine, plain) in times.items():
        ours_at, plain_at = (n / statistics.median(each) for each in (mine, plain))
        found.append(
            {
                "device": device_name(config.device),
                "what": name,
                "width": config.model.width,
                "images": n,
                "repeats": repeats,
                "images_per_second": f"{ours_at:.1f}",
                "plain_images_per_second": f"{plain_at:.1f}",
                "times_plain": f"{plain_at / ours_at:.2f}",  # of its time: below 1 is faster
            }
        )
    return found


def measure_squares(repeats: int) -> dict[str, object]:
    """A row for an epoch of squares of CamVid, decoded and cut."""
    data = read_camvid(DATA / "camvid")
    source, n = data.source, len(data.train)
    assert isinstance(source, Frames)
    parts = np.array_split(data.train, n // 8)

    def threads() -> None:
        for _ in random_squares(source, parts, np.random.default_rng(0), torch.device("cpu")):
            pass

    def loop() -> None:
        rng = np.random.default_rng(0)
        for part in parts:
            places = rng.random((len(part), 2)).tolist()
            squares = [
                source.read_square(int(number), (down, right))
                for number, (down, right) in zip(part, places, strict=True)
            ]
            for arrays in zip(*squares, strict=True):
                np.stack(arrays)

    times = [
        [seconds(work, torch.device("cpu")) for work in (threads, loop)] for _ in range(repeats)
    ]
    ours_at, plain_at = (n / statistics.median(each) for each in zip(*times, strict=True))
    return {
        "device": f"{os.cpu_count()} processors",
        "what": "squares of CamVid",
        "width": "",
        "images": n,
        "repeats": repeats,
        "images_per_second": f"{ours_at:.1f}",
        "plain_images_per_second": f"{plain_at:.1f}",
        "times_plain": f"{plain_at / ours_at:.2f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=64, help="of the networks; published: 64")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--squares", action="store_true", help="measure the squares alone")
    chosen = parser.parse_args()
    if chosen.squares:
        found = [measure_squares(chosen.repeats)]
    else:
        found = measure(settings(chosen.width), chosen.images, chosen.repeats)
    rows.append("throughput", [{**rows.circumstances("torch", "monai"), **row} for row in found])
    for row in found:
        print(
            f"{row['what']:26} {row['images_per_second']:>9} images/s,"
            f" plain {row['plain_images_per_second']:>9}, {row['times_plain']} of its time"
        )


if __name__ == "__main__":
    main()
