"""Whether picks are where particles are: other readings of their coordinates, compared by density.

No files and no torch: volumes and positions come in as arrays.
"""
