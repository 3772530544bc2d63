"""The operators of ``torch.ops.cryoal``: one implementation for each device, shapes, gradients.

Registered as opaque operators (``torch.library.custom_op``), so that ``torch.compile``, autocast
and CUDA graphs take them as they are. None writes into its input; each gives fresh tensors.
"""
