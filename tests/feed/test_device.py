from __future__ import annotations

import pytest
import torch

from cryoal.errors import ConfigError
from cryoal.feed.device import autocast, choose_device, computes_in, slow_convolution_note

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_auto_is_cuda_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == CPU
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == CUDA


@pytest.mark.parametrize("name", ["gpu", "cuda:one", "mps", ""])
def test_an_unknown_device_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"expected device auto, cpu or cuda, found '{name}'"):
        choose_device(name)


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(ConfigError, match="expected device 'cuda:1', found 1 CUDA devices"):
        choose_device("cuda:1")


@pytest.mark.parametrize(
    ("precision", "capability", "expected"),
    [
        ("auto", (7, 5), torch.float32),
        ("auto", (8, 0), torch.bfloat16),
        ("auto", (9, 0), torch.bfloat16),
        ("float32", (9, 0), torch.float32),
        ("bfloat16", (7, 5), torch.bfloat16),
    ],
)
def test_bfloat16_where_the_device_is_built_for_it(
    precision: str,
    capability: tuple[int, int],
    expected: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert computes_in(precision, CUDA) == expected


def test_the_cpu_computes_in_float32_unless_told() -> None:
    assert computes_in("auto", CPU) == torch.float32
    x = torch.ones(2, 2)
    with autocast("auto", CPU):
        assert (x @ x).dtype == torch.float32
    with autocast("bfloat16", CPU):
        assert (x @ x).dtype == torch.bfloat16


@pytest.mark.parametrize(("version", "warns"), [(91400, True), (91500, False), (None, False)])
def test_an_old_cudnn_is_said_aloud(
    version: int | None, warns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: version)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    note = slow_convolution_note("auto", CUDA)
    assert (note is not None) == warns
    assert note is None or "found 9.14" in note
    assert slow_convolution_note("float32", CUDA) is None
    assert slow_convolution_note("auto", CPU) is None
