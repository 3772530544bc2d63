from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from cryoal_kernels import backend, kl_score

ROOT = Path(__file__).parents[2]

EVERYTHING = """
import sys
{before}
import torch
from cryoal_kernels import *
x = torch.randn(2, 3, 4, 4, 4, requires_grad=True)
attention_transfer_loss([x], [x.detach() + 1]).backward()
assert kl_score(x[0, :, 0, 0].detach(), x[1, :, 0, 0].detach()).shape == (3,)
dense_score(x, x)
extract_subvolumes(x[0, 0].detach(), torch.tensor([[0, 0, 0]]), 2)
greedy_k_center(x[0, 0, 0].detach(), 2)
best = StreamingTopK(1)
best.update(torch.zeros(2), torch.arange(2))
assert backend() == "torch"
loaded = [name for name, module in sys.modules.items() if module and name.split(".")[0] == "triton"]
assert not loaded, loaded
assert "cryoal_kernels.gpu.launch" not in sys.modules
"""


@pytest.mark.parametrize(
    "before", ["", "sys.modules['triton'] = None"], ids=["installed", "not installed"]
)
def test_a_cpu_needs_no_triton(before: str) -> None:
    code = EVERYTHING.format(before=before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_says_what_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYOAL_KERNELS", "torch")
    kl_score(torch.zeros(1, 2), torch.zeros(1, 2))
    assert backend() == "torch"


def test_triton_is_refused_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYOAL_KERNELS", "triton")
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(RuntimeError, match="tensors on a GPU for CRYOAL_KERNELS=triton, found cpu"):
        kl_score(torch.zeros(1, 2), torch.zeros(1, 2))


def test_an_unknown_choice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYOAL_KERNELS", "cuda")
    with pytest.raises(ValueError, match="auto, triton, torch, found 'cuda'"):
        kl_score(torch.zeros(1, 2), torch.zeros(1, 2))


def test_nothing_else_computes_these_formulas() -> None:
    """Losses and scores of cryoal come from here; signs of a second version are these words."""
    signs = ("kl_div(", "rel_entr(", "log_p - log_q", "F.normalize(", "functional.normalize(")
    for file in sorted((ROOT / "cryoal").rglob("*.py")):
        text, name = file.read_text(), file.relative_to(ROOT).as_posix()
        found = {sign for sign in (*signs, ".pow(2).sum(") if sign in text}
        assert not found, f"{name}: {found}"
    for name in ("losses/attention_transfer.py", "scoring/distances.py"):
        assert "cryoal_kernels." in (ROOT / "cryoal" / name).read_text()
