"""The directive ``recipe``: every setting of a recipe, its default and meaning, from source."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from sphinx.util.docutils import SphinxDirective
from tables import recipe_lines

from cryoal.simulate import recipe

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx


class RecipeSettings(SphinxDirective):
    """A table for each section of a recipe of `cryoal simulate`, in Markdown."""

    def run(self) -> list[Node]:
        """Nodes of the tables; the page is built anew when the recipe changes."""
        self.env.note_dependency(inspect.getsourcefile(recipe) or "")
        return self.parse_text_to_nodes("\n".join(recipe_lines()), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("recipe", RecipeSettings)
    return {"parallel_read_safe": True}
