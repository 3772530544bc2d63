"""Comparisons of strategies on data that is not ours: how to make the files, and what came out."""
