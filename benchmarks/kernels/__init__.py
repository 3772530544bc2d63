"""How fast cryoal_kernels is beside the plain formulas, and how close to the memory's limit."""
