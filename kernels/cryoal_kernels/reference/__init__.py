"""Every formula in plain torch: the definition, the path of the CPU, and in float64 the oracle.

16- and 32-bit input is computed in float32, float64 in float64. Nothing is checked here; the public
functions do that. The functions have the names and arguments of their twins in
:mod:`cryoal_kernels.gpu`.
"""
