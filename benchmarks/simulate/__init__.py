"""The simulator: boxes and tomograms in a second."""
