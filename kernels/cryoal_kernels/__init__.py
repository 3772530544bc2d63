"""Attention transfer and pool scoring as fused kernels; needs torch and nothing of cryoal.

On a GPU the formulas run in Triton, on a CPU in torch; :func:`backend` says which one did, and the
environment variable ``CRYOAL_KERNELS`` (``auto``, ``triton``, ``torch``) chooses.
"""

from cryoal_kernels.attention import attention_map, attention_transfer_loss, tap
from cryoal_kernels.crops import extract_subvolumes
from cryoal_kernels.dispatch import backend
from cryoal_kernels.feature_tap import FeatureTap
from cryoal_kernels.k_center import greedy_k_center
from cryoal_kernels.modules import AttentionTransferLoss, DenseScore, KLScore
from cryoal_kernels.scores import dense_score, kl_score
from cryoal_kernels.topk import StreamingTopK

__all__ = [
    "AttentionTransferLoss",
    "DenseScore",
    "FeatureTap",
    "KLScore",
    "StreamingTopK",
    "attention_map",
    "attention_transfer_loss",
    "backend",
    "dense_score",
    "extract_subvolumes",
    "greedy_k_center",
    "kl_score",
    "tap",
]
