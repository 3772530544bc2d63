"""What scoring is held against computes the same, and the machine's rate is counted right."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from benchmarks.scoring.parts import measure_parts, operations, widest_convolution
from benchmarks.scoring.ways import has_evaluator, with_data_loader, with_evaluator
from cryoal.config import ModelConfig
from cryoal.models.base import Network
from cryoal.models.shapes import LayerShapes, layer_shapes
from cryoal.scoring.predict import predict
from cryoal.testing.array_pool import blob_pool
from tests.teams import make_team, student_of

CPU = torch.device("cpu")


def test_every_other_way_tells_the_same_posteriors() -> None:
    team = make_team(ModelConfig(teacher="resnet10", width=4, stem="stride"), 2)
    team.train(False)
    student = next(m for m in student_of(team).modules() if isinstance(m, Network))
    pool, _ = blob_pool(5)
    told = predict(team, pool, np.arange(5), ["teacher_log_posterior", "student_log_posterior"])
    ways = [with_data_loader([team.teacher, student], pool, at_once, CPU) for at_once in (1, 3)]
    if has_evaluator():
        ways.append(with_evaluator([team.teacher, student], pool, 3, CPU))
    for teacher, other in ways:
        np.testing.assert_allclose(teacher, told["teacher_log_posterior"], atol=1e-4)
        np.testing.assert_allclose(other, told["student_log_posterior"], atol=1e-4)


def test_operations_are_counted_by_hand() -> None:
    convolution = LayerShapes("", nn.Conv3d(2, 3, 3, padding=1), (2, 4, 4, 4), (3, 4, 4, 4))
    linear = LayerShapes("", nn.Linear(5, 7), (5,), (7,))
    norm = LayerShapes("", nn.BatchNorm3d(3), (3, 4, 4, 4), (3, 4, 4, 4))
    assert operations([convolution]) == 2 * 2 * 3 * 27 * 64
    assert operations([convolution, norm, linear]) == 2 * 2 * 3 * 27 * 64 + 2 * 35


def test_the_widest_convolution_is_the_first_of_the_first_stage() -> None:
    team = make_team(ModelConfig(teacher="resnet18", width=4, stem="cifar"), 2)
    widest = widest_convolution(layer_shapes(team.teacher, (1, 8, 8, 8)))
    assert (widest.name, widest.taken) == ("net.layer1.0.conv1", (4, 8, 8, 8))


def test_all_parts_are_measured_in_one_run() -> None:
    found = {str(row["what"]): row for row in measure_parts("laptop", 8, 4, 1, "float32", CPU)}
    parts = ["pool to score", "read", "normalise", "teacher", "student", "score"]
    others = ["loop with a DataLoader", "one box at a time"]
    assert list(found)[: len(parts) + 2] == parts + others
    assert found["pool to score"]["times_ours"] == "1.0000"
    assert found["widest convolution alone"]["share_of_peak"] == "1.000"
    assert all(float(str(found[name]["milliseconds_a_box"])) >= 0 for name in parts + others)
