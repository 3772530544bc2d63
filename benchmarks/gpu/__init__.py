"""Every number that needs a GPU, in slices of a few minutes."""
