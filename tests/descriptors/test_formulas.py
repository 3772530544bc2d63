"""Every block against its formula in float64, at 16 voxels a side."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.descriptors.describe import make_block
from tests.descriptors import reference
from tests.descriptors.boxes import noise

if TYPE_CHECKING:
    import torch

SIDE = 16
BALL = reference.ball(SIDE, 0.5 * SIDE, 0.044 * SIDE)


@pytest.fixture(scope="module")
def boxes() -> torch.Tensor:
    """Noise; noise about a rod; and a rod alone."""
    found = noise(3, SIDE)
    found[1, 3:13, 7:10, 8:10] += 4.0
    found[2] = 0.0
    found[2, 5:9, 3:14, 8:10] = 3.0
    return found


def agree(name: str, boxes: torch.Tensor, expected: list[np.ndarray]) -> None:
    rows = make_block(name)(boxes).numpy()
    np.testing.assert_allclose(rows, np.concatenate(expected, axis=1), rtol=1e-3, atol=1e-3)


def test_harmonics(boxes: torch.Tensor) -> None:
    z, y, x = reference.grid(SIDE)
    r = np.sqrt(z * z + y * y + x * x)
    inside = np.maximum.reduce([np.abs(z), np.abs(y), np.abs(x)]) < SIDE // 2
    expected = []
    for degree in range(7):
        columns = []
        for radius in range(11):
            kernel = (
                reference.harmonics(z, y, x, degree) * np.exp(-((r - radius) ** 2) / 2) * inside
            )
            kernel *= np.sqrt(2 * degree + 1) / np.linalg.norm(kernel)
            found = np.tensordot(boxes.double().numpy(), kernel, axes=([1, 2, 3], [1, 2, 3]))
            mean = (found**2).mean(axis=1)
            columns.append(found[:, 0] if degree == 0 else np.log(1e-3 + mean))
        expected.append(np.stack(columns, axis=1))
    agree("harmonics", boxes, expected)


def test_spectra(boxes: torch.Tensor) -> None:
    amplitudes = np.sqrt(reference.power(boxes.double().numpy()))
    axis = np.fft.fftfreq(SIDE, 1 / SIDE)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    k = np.sqrt(z * z + y * y + x * x)
    held = np.maximum.reduce([np.abs(z), np.abs(y), np.abs(x)]) < SIDE // 2
    means: list[np.ndarray] = []
    expected = []
    for degree in (0, 2, 4, 6):
        columns = []
        for shell in range(1, 9):
            soft = np.exp(-0.5 * ((k - shell) / 0.7) ** 2) * held
            kernel = reference.harmonics(z, y, x, degree) * soft
            kernel *= np.sqrt(2 * degree + 1) / np.linalg.norm(kernel)
            found = np.tensordot(amplitudes, kernel, axes=([1, 2, 3], [1, 2, 3]))
            if degree == 0:
                means.append(found[:, 0])
                columns.append(np.log(found[:, 0]))
            else:
                share = (found**2).mean(axis=1) / means[shell - 1] ** 2
                columns.append(np.log(1e-4 + share))
        expected.append(np.stack(columns, axis=1))
    agree("spectra", boxes, expected)


def test_zones(boxes: torch.Tensor) -> None:
    power = reference.power(boxes.double().numpy())
    axis = np.fft.fftfreq(SIDE, 1 / SIDE)
    size = np.abs(np.stack(np.meshgrid(axis, axis, axis, indexing="ij")))
    k = np.sqrt((size**2).sum(axis=0))
    shells = 1 + 0.75 * np.arange(11)
    soft = [np.exp(-0.5 * ((k - shell) / 0.6) ** 2) for shell in shells]
    zones = (size == size.max(axis=0)) / (size == size.max(axis=0)).sum(axis=0)
    weights = [*soft, *(each * zone for each in soft[1:] for zone in zones)]
    expected = [np.log(1e-5 + reference.mean(power, weight))[:, None] for weight in weights]
    agree("zones", boxes, expected)


def test_wavelets(boxes: torch.Tensor) -> None:
    values = boxes.double().numpy()
    discs = [
        reference.ball(SIDE, radius * SIDE, 0.0375 * SIDE) for radius in (0.14, 0.28, 0.45, 0.75)
    ]
    windows = [discs[0], *(outer - inner for inner, outer in pairwise(discs))]
    expected = []
    for scale in (1.0, 1.6, 2.6):
        blurred = reference.smooth(values, scale)
        moduli = [np.abs(blurred)]
        moduli += [reference.modulus(values, scale, degree) for degree in range(1, 5)]
        expected += [reference.mean(blurred, window)[:, None] for window in windows]
        expected += [reference.mean(each, window)[:, None] for each in moduli for window in windows]
        expected += [
            np.log(1e-6 + reference.mean(each**2, window))[:, None]
            for each in moduli
            for window in windows
        ]
    agree("wavelets", boxes, expected)


def test_moments(boxes: torch.Tensor) -> None:
    values = boxes.double().numpy()
    expected = []
    for scale in (0.7, 1.0, 1.6, 2.6):
        bump = reference.bump(values, scale)
        moduli = [reference.modulus(values, scale, degree) for degree in range(4)]
        means = [[np.log(reference.mean(u**p, BALL)) for u in moduli] for p in (1, 2, 4)]
        signed = [np.maximum(sign * bump, 0) ** 3 for sign in (1, -1)]
        columns = [bump.max(axis=(1, 2, 3))]
        columns += [np.log(1e-3 + reference.mean(cube, BALL)) for cube in signed]
        columns += [*means[0], *means[1]]
        columns += [fourth - 2 * second for fourth, second in zip(means[2], means[1], strict=True)]
        columns += [np.log(u.max(axis=(1, 2, 3))) for u in moduli]
        expected.append(np.stack(columns, axis=1))
    agree("moments", boxes, expected)


def test_scattering(boxes: torch.Tensor) -> None:
    values = boxes.double().numpy()
    thin = (slice(None), *[slice(0, None, 2)] * 3)
    expected = []
    for s in (0.7, 1.0, 1.6):
        first = [reference.modulus(values, s, degree) for degree in range(3)]
        for t in (1.6, 2.6):
            if t > s:
                for degree in range(3):
                    for u in first:
                        second = reference.mean(
                            reference.modulus(u, t, degree)[thin], BALL[thin[1:]]
                        )
                        ratio = np.log(1e-3 + second) - np.log(1e-3 + reference.mean(u, BALL))
                        expected.append(ratio[:, None])
    agree("scattering", boxes, expected)
