"""Files as they come: tomograms (MRC, OME-Zarr), STAR tables and picks, nothing normalised."""
