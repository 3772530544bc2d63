"""How the documentation is built: Sphinx with MyST and furo, offline, without a warning."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "cryoal"
author = "The cryoal developers"
copyright = author
version = release = installed("cryoal")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "settings_table"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"cryoal {version}"
html_show_sphinx = False

# Types stay text: most are imported for type checkers only, so that cryoal starts without torch.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
