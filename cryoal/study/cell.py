"""One cell of a study: one strategy, one seed, from the initial pool to the last training."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.oracle import ErringOracle
from cryoal.errors import ConfigError, PoolError
from cryoal.models.build import build_network
from cryoal.progress import SILENT
from cryoal.records import (
    array_facts,
    digest,
    environment,
    numbered,
    read_json,
    sweep,
    write_json,
)
from cryoal.scoring.collect import collect
from cryoal.scoring.fields import companions_for
from cryoal.scoring.of_formulas import OfFormulas
from cryoal.scoring.of_team import OfTeam
from cryoal.seeds import stream, stream_seed
from cryoal.strategies.base import make_strategy, needs_for
from cryoal.study import measures, stopping
from cryoal.study.calibration import calibrated, temperature
from cryoal.study.done import read_done
from cryoal.study.identity import are_same_settings, as_once_told, settings_told
from cryoal.study.picks import keep_embedding
from cryoal.training.checkpoint import save_team, start_team
from cryoal.training.fit import fit_team

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.data.datasets.base import Dataset
    from cryoal.progress import Progress
    from cryoal.records import Json
    from cryoal.scoring.evidence import Evidence
    from cryoal.scoring.teller import Teller
    from cryoal.strategies.base import Strategy
    from cryoal.study.config import StudyConfig, Variant

__all__ = ["Cell"]

POSTERIORS = ("log_posterior", "teacher_log_posterior", "student_log_posterior")
"""What a temperature makes cooler or warmer, each with its own."""


@dataclass(frozen=True)
class Cell:
    """What is run, and where its cycles are kept: ``cycle_000.json`` and so on.

    A cycle's file is written in one step when the cycle is over: the row, who was asked and what
    was answered. After a kill :meth:`run` goes on behind the last of them, and in the middle of a
    training from its checkpoint, to the same result to the bit on the CPU.
    """

    study: StudyConfig
    variant: Variant
    seed: int
    dataset: Dataset
    config: Config
    folder: Path

    def identity(self, config: str = "") -> str:
        """A digest of all that the result depends on, but for settings and the number of cycles.

        Of older cells the settings were in it too, as `config`.
        """
        study, variant = self.study, self.variant
        return digest(
            {
                **({"config": config} if config else {}),
                "strategy": variant.strategy,
                "sizes": [study.start, study.query, study.validation, study.subset_factor],
                "how": [study.calibrate, study.deeper, study.gradients, repr(study.oracle)],
                "boxes": [str(key) for key in self.dataset.source.keys[self.dataset.train]],
                "targets": array_facts(self.dataset.targets),
                "test": self.dataset.test.tolist(),
            }
        )

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the cycles that are over."""
        return [read_done(file, self._own())["row"] for file in self._files()]

    def _own(self) -> dict[str, Any]:
        """What every row of this cell says."""
        return {
            "strategy": self.variant.name,
            "seed": self.seed,
            "classes": list(self.dataset.classes),
        }

    def _files(self) -> list[Path]:
        return list(numbered(self.folder, "cycle_", 3, ".json").values())

    def run(self, progress: Progress = SILENT) -> list[dict[str, Any]]:
        """Run what is not done yet; the rows of all cycles.

        Raises
        ------
        PoolError
            There are not enough candidates for the initial pool.
        ConfigError
            The folder holds a cell of other settings or data, or :meth:`check` refuses.
        DivergedError
            A training diverged; cycles before it are kept.
        """
        self.check()
        self._check_deeper()
        self._claim()
        sweep(self.folder)
        study = self.study
        initial, validation = self._draw()
        labels = self._answers(initial)
        watched: list[float | None] = []
        predicted: list[NDArray[np.int64]] = []
        for number in range(study.cycles + 1):
            file = self.folder / f"cycle_{number:03d}.json"
            if not self._is_done(number):
                done = self._cycle(number, labels, validation, (watched, predicted), progress)
                write_json(file, done)
                (self.folder / "checkpoint.safetensors").unlink(missing_ok=True)
                shutil.rmtree(self.folder / f"team_{number - 1:03d}", ignore_errors=True)
            done = read_done(file, self._own())
            watched.append(done["row"]["validation_accuracy"])
            predicted.append(np.array(done["predicted"], np.int64))
            labels |= {int(place): int(c) for place, c in done["answers"] if c is not None}
        write_json(self.folder / "environment.json", environment())
        return self.rows()

    def check(self) -> None:
        """Make sure, before anything is trained, that the task can give what is asked of it.

        Raises
        ------
        ConfigError
            A strategy needs what a segmentation does not give, or the study asks for calibrated
            posteriors or wrong answers there.
        """
        study, task = self.study, self.dataset.task
        needs_for(make_strategy(self.variant.strategy), task)
        if task == "segmentation" and study.calibrate:
            raise ConfigError(
                "expected calibrate = false for a segmentation, of which no posteriors are kept,"
                " found true"
            )
        if task == "segmentation" and study.embeddings:
            raise ConfigError("expected embeddings = false for a segmentation, found true")
        if task == "segmentation" and study.oracle.noise:
            raise ConfigError(
                "expected oracle.noise = 0 for a segmentation, in which no mask stands for another,"
                f" found {study.oracle.noise}"
            )

    def _check_deeper(self) -> None:
        if self.study.deeper:
            model, is_dense = self.config.model, self.dataset.task == "segmentation"
            network = build_network(
                self.study.deeper,
                width=model.width,
                stem=model.stem,
                n_classes=len(self.dataset.classes),
                channels=model.channels,
                seed=0,
            )
            if network.is_dense != is_dense:
                raise ConfigError(
                    f"expected a backbone for a {self.dataset.task} as deeper,"
                    f" found {self.study.deeper!r}"
                )

    def _is_done(self, number: int) -> bool:
        """A last cycle that asked nobody is run again when more cycles are wanted."""
        file = self.folder / f"cycle_{number:03d}.json"
        return file.exists() and (
            number == self.study.cycles
            or read_done(file, self._own())["row"]["n_picked"] is not None
        )

    def _claim(self) -> None:
        """Say what is run here, or make sure that it is the same."""
        file = self.folder / "cell.json"
        if not file.exists():
            facts: dict[str, Json] = {
                "identity": self.identity(),
                "settings": settings_told(self.config),
                "strategy": self.variant.name,
                "seed": self.seed,
            }
            write_json(file, facts)
        elif not self._is_same(read_json(file)):
            raise ConfigError(
                f"expected a cell of the same settings and data in {self.folder}, found one of"
                " others; take another folder, or remove it"
            )

    def _is_same(self, kept: dict[str, Any]) -> bool:
        """Whether what `kept` says of a cell is of this one."""
        identity, settings = kept.get("identity"), kept.get("settings")
        if isinstance(settings, dict):
            now = settings_told(self.config)
            return identity == self.identity() and are_same_settings(settings, now)
        return identity in [self.identity(config) for config in as_once_told(self.config)]

    def _draw(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Initial pool and validation set: functions of the seed alone."""
        free, study = self.dataset.train, self.study
        wanted = study.start + study.validation
        if wanted + study.query > len(free):
            raise PoolError(
                f"expected at least {wanted + study.query} candidates for the initial pool,"
                f" validation and one query, found {len(free)}"
            )
        drawn = stream(self.seed, "initial pool").permutation(free)[:wanted]
        return np.sort(drawn[: study.start]), np.sort(drawn[study.start :])

    def _answers(self, asked: NDArray[np.int64]) -> dict[int, int]:
        """Class numbers by position, as the annotator gives them; without the abstentions.

        For a mask stands its commonest class; the mask itself is that of the dataset.
        """
        data, oracle = self.dataset, self.study.oracle
        names = {str(data.source.keys[i]): int(i) for i in asked}
        truth = {key: data.classes[data.main_class[i]] for key, i in names.items()}
        number = {name: i for i, name in enumerate(data.classes)}
        annotator = ErringOracle(truth, data.classes, oracle.noise, oracle.abstain, self.seed)
        told = annotator.answer(list(names))
        return {names[key]: number[name] for key, name in told if name is not None}

    def _cycle(
        self,
        number: int,
        labels: dict[int, int],
        validation: NDArray[np.int64],
        past: tuple[list[float | None], list[NDArray[np.int64]]],
        progress: Progress,
    ) -> dict[str, Any]:
        study, data = self.study, self.dataset
        strategy = make_strategy(self.variant.strategy)
        index = np.array(sorted(labels), np.int64)
        classes = np.array([labels[int(i)] for i in index], np.int64)
        targets = classes if data.task == "classification" else data.targets[index]
        began = time.perf_counter()
        team = self._train(number, index, classes, targets, strategy, progress)
        seconds = {"train": time.perf_counter() - began}

        subset = self._subset(number, labels, validation)
        m = min(study.query, len(subset)) if number < study.cycles else 0
        row = self._row(number, team, index, targets, validation)
        watched, before = past
        predicted = measures.predictions(team, data, self._stop_set(), self.config)
        agreement = [stopping.agreement(before[-1], predicted)] if before else []
        seen = [*watched, row["validation_accuracy"]]
        row["advice"] = self._advice(len(labels), len(validation), seen, [*before, predicted])

        picked = np.zeros(0, np.int64)
        if m:
            began = time.perf_counter()
            needs = needs_for(strategy, data.task)
            evidence = self._evidence(team, subset, needs, (index, classes), validation)
            looked = time.perf_counter()
            rng = stream(self.seed, "strategy", number)
            keys = strategy.select(strategy.score(evidence, rng), evidence, m, rng)
            seconds |= {"score": looked - began, "select": time.perf_counter() - looked}
            places = {str(data.source.keys[i]): int(i) for i in subset}
            picked = np.array([places[key] for key in keys], np.int64)
            row |= measures.of_picks(team, data, picked, self.config)
            if study.embeddings:
                kept = self.folder / f"picks_{number:03d}.npz"
                keep_embedding(kept, team, data, subset, picked, self.config)
            if study.gradients:
                rng = stream(self.seed, "equal norms", number)
                row |= measures.high_gradients(team, data, subset, picked, self.config, rng)
            if "student" in team.companions and data.task == "classification":
                row["bound"] = measures.bound(team, data, subset, self.config)
        elif number < study.cycles:  # nobody is left
            row["n_picked"] = 0
        elif study.deeper:
            row["deeper_accuracy"] = self._deeper(index, targets, progress)
        row["seconds"] = seconds
        answers = self._answers(picked)
        return {
            "row": row,
            "asked": [str(data.source.keys[i]) for i in picked],
            "answers": [[int(i), answers.get(int(i))] for i in picked],
            "predicted": predicted.tolist(),
            "agreement": agreement,
            "subset": digest([str(data.source.keys[i]) for i in subset]),
        }

    def _train(
        self,
        number: int,
        index: NDArray[np.int64],
        classes: NDArray[np.int64],
        targets: NDArray[np.integer[Any]],
        strategy: Strategy,
        progress: Progress,
    ) -> Team:
        data, config = self.dataset, self.config
        labels = digest([index.tolist(), classes.tolist()])
        seed = stream_seed(self.seed, "training", labels)
        before = self.folder / f"team_{number - 1:03d}"
        team = start_team(
            config,
            companions_for(needs_for(strategy, data.task)),
            seed=seed,
            dropout=strategy.dropout,
            previous=before if before.exists() else None,
            shape=data.shape,
        )
        fit_team(
            team,
            data.source,
            index,
            targets,
            config,
            seed=seed,
            unlabelled=np.setdiff1d(data.train, index),
            checkpoint=self.folder / "checkpoint.safetensors",
            progress=progress,
        )
        if config.train.restart == "warm":
            save_team(self.folder / f"team_{number:03d}", team, config)
        return team

    def _subset(
        self, number: int, labels: dict[int, int], validation: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """R_U: the first that are free in an order that depends on seed and cycle alone."""
        order = stream(self.seed, "subset", number).permutation(self.dataset.train)
        asked = self._asked() | set(labels) | set(validation.tolist())
        free = [i for i in order.tolist() if i not in asked]
        size = max(self.study.query, round(self.study.subset_factor * self.study.query))
        return np.sort(np.array(free[:size], np.int64))

    def _asked(self) -> set[int]:
        """Who was asked before, answered or not."""
        files = self._files()
        initial, _ = self._draw()
        later = {
            int(place) for file in files for place, _ in read_done(file, self._own())["answers"]
        }
        return later | set(initial.tolist())

    def _stop_set(self) -> NDArray[np.int64]:
        """Up to 500 candidates whose predictions are watched, whether they are labelled or not."""
        order = stream(self.seed, "stop set").permutation(self.dataset.train)
        return np.sort(order[:500])

    def _evidence(
        self,
        team: Team,
        subset: NDArray[np.int64],
        needs: frozenset[str],
        labelled: tuple[NDArray[np.int64], NDArray[np.int64]],
        validation: NDArray[np.int64],
    ) -> Evidence:
        source, precision = self.dataset.source, self.config.train.precision
        tellers: list[Teller] = [OfTeam(team, precision=precision), OfFormulas()]
        evidence = collect(tellers, source, subset, needs, labelled=labelled)
        if not self.study.calibrate:
            return evidence
        truth = self.dataset.main_class[validation]
        fields = [field for field in POSTERIORS if field in needs]
        seen = collect(tellers, source, validation, fields)
        return calibrated(evidence, {f: temperature(seen.values[f], truth) for f in fields})

    def _row(
        self,
        number: int,
        team: Team,
        index: NDArray[np.int64],
        targets: NDArray[np.integer[Any]],
        validation: NDArray[np.int64],
    ) -> dict[str, Any]:
        data, config = self.dataset, self.config
        row: dict[str, Any] = {
            "study": self.study.name,
            "strategy": self.variant.name,
            "seed": self.seed,
            "cycle": number,
            "n_labelled": len(index),
            "n_validation": len(validation),
        }
        row |= measures.on_test(team, data, config)
        row["train_accuracy"] = measures.accuracy(team, data, index, targets, config)
        truth = data.targets[validation]
        row["validation_accuracy"] = measures.accuracy(team, data, validation, truth, config)
        return row | {
            "picked_accuracy": None,
            "n_picked": None,
            "high_gradient": None,
            "bound": None,
            "deeper_accuracy": None,
        }

    def _advice(
        self,
        n_labels: int,
        n_validation: int,
        watched: list[float | None],
        predicted: list[NDArray[np.int64]],
    ) -> list[str]:
        """Names of the rules that would stop here."""
        seen = [value for value in watched if value is not None]
        rules = {
            "budget": 0 < self.study.budget <= n_labels + n_validation,
            stopping.LEVEL: stopping.is_level(seen, n_validation),
            stopping.SETTLED: stopping.is_settled(predicted),
        }
        return [name for name, holds in rules.items() if holds]

    def _deeper(
        self, index: NDArray[np.int64], targets: NDArray[np.integer[Any]], progress: Progress
    ) -> float:
        """Test accuracy of another backbone, trained on what was picked."""
        model = replace(self.config.model, teacher=self.study.deeper)
        config = replace(self.config, model=model)
        seed = stream_seed(self.seed, "deeper")
        team = start_team(config, (), seed=seed, shape=self.dataset.shape)
        fit_team(team, self.dataset.source, index, targets, config, seed=seed, progress=progress)
        found: float = measures.on_test(team, self.dataset, config)["accuracy"]
        return found
