"""What cryoal costs and what it is worth, measured; results are rows in ``benchmarks/results``."""
