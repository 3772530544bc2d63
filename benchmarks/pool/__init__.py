"""How fast boxes are written and read, against ``np.memmap``, and the memory of an import."""
