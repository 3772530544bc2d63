"""The review in napari: the only folder that imports napari and Qt."""
