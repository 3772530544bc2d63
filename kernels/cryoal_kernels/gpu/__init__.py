"""The Triton kernels and how they are launched; imported at the first call on a GPU, not before.

Rules that hold in every file: 16-bit values become float32 right after the load; addresses are
64-bit; no atomics, no autotuning, and sums in a fixed order, so that results are the same to the
bit from run to run; only sizes of tiles (and numbers that must be exact) are constants of
compilation.
"""
