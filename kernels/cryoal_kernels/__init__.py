"""The few formulas that the whole package turns on, as functions of tensors and nothing else.

Eq. 1 (:func:`attention_transfer_loss`) and eq. 3 (:func:`kl_score`) of the paper, in torch. This
package imports torch and nothing of cryoal.
"""

from cryoal_kernels.functional import attention_map, attention_transfer_loss, kl_score

__all__ = ["attention_map", "attention_transfer_loss", "kl_score"]
