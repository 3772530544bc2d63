"""What runs on a GPU: checked on one where there is one, and without one as far as can be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cryoal.simulate.imaging import Imaging
from cryoal.simulate.painting import paint
from cryoal.simulate.studio import Studio
from cryoal.simulate.subtomograms import Item, make_boxes
from tests.simulate.material import molecule, small

FILES = [Path("dot.mrc"), Path("far.mrc")]
MOLECULES = (molecule("dot"), molecule("far", (4, -3, 2), radius=50.0))


def test_painting_and_imaging_stay_on_the_device_of_the_volumes() -> None:
    # tensors of the device "meta" have no values, and refuse to meet those of another device
    meta = torch.device("meta")
    volumes = torch.zeros((2, 32, 32, 32), device=meta)
    turns = np.repeat(np.eye(3)[None], 2, axis=0)
    paint(volumes, [0, 1], MOLECULES[0], np.full((2, 3), 15.3), turns, 10.0)
    camera = Imaging(small("subtomograms", FILES), (32, 32, 32), meta)
    assert camera.signal(volumes).device == meta


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_clean_boxes_of_a_gpu_are_those_of_a_cpu() -> None:
    recipe = small("subtomograms", FILES, "noise.definition=none")
    items = [Item(label, i) for label in ("dot", "far") for i in range(4)]
    found = [
        make_boxes(items, Studio(recipe, MOLECULES, Path(), torch.device(name))).values
        for name in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(*found, atol=1e-3)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_noise_of_a_gpu_depends_on_its_seed_alone() -> None:
    camera = Imaging(small("subtomograms", FILES), (32, 32, 32), torch.device("cuda"))
    assert torch.equal(camera.noise([5]), camera.noise([5]))
    assert not torch.equal(camera.noise([5]), camera.noise([6]))
