"""The picks of a cycle among the candidates, drawn in two dimensions by t-SNE (Fig. 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.datasets.base import read_arrays
from cryoal.records import replacing
from cryoal.scoring.predict import predict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.data.datasets.base import Dataset

__all__ = ["draw_picks", "keep_embedding"]

FIELDS = ["embedding", "teacher_log_posterior"]


def keep_embedding(
    path: Path,
    team: Team,
    data: Dataset,
    subset: NDArray[np.int64],
    picked: NDArray[np.int64],
    config: Config,
) -> None:
    """Write what is drawn later: an ``.npz`` file of R_U.

    `embedding` ``(n, features)`` float32, `target` ``(n,)`` true classes, `is_picked` and
    `is_right` ``(n,)`` bool: whether it was asked, and whether the teacher was right before.
    """
    found = predict(team, data.source, subset, FIELDS, precision=config.train.precision)
    target = data.targets[subset]
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            embedding=found["embedding"],
            target=target,
            is_picked=np.isin(subset, picked),
            is_right=found["teacher_log_posterior"].argmax(axis=1) == target,
        )


def draw_picks(kept: Sequence[tuple[str, Path]], folder: Path) -> list[str] | None:
    """Draw each named file of :func:`keep_embedding` beside the others, as PNG and SVG.

    Candidates are dots in the colour of their class; picks are ringed, with a cross where the
    teacher was wrong. t-SNE places each panel by itself: distances between panels say nothing.

    Returns
    -------
    list
        Names of the files; None when matplotlib or scikit-learn is not installed.
    """
    if not kept:
        return []
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
        from sklearn.manifold import TSNE
    except ImportError:
        return None
    columns = min(4, len(kept))
    lines = -(-len(kept) // columns)
    figure = Figure(figsize=(3.2 * columns, 3.4 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel, (name, path) in zip(panels, kept, strict=False):
        seen = read_arrays(path)
        n = len(seen["embedding"])
        place = TSNE(perplexity=min(30.0, max(1.0, (n - 1) / 3)), init="pca", random_state=0)
        x, y = place.fit_transform(seen["embedding"]).T
        panel.scatter(
            x, y, c=seen["target"] % 10, s=4, cmap="tab10", vmin=0, vmax=9, alpha=0.6, linewidths=0
        )
        right, wrong = (seen["is_picked"] & (seen["is_right"] == is_so) for is_so in (True, False))
        panel.scatter(
            x[right], y[right], s=18, facecolors="none", edgecolors="black", linewidths=0.7
        )
        panel.scatter(x[wrong], y[wrong], s=18, marker="x", color="#D55E00", linewidths=0.9)
        share = right.sum() / max(1, seen["is_picked"].sum())
        panel.set_title(f"{name}: {share:.0%} of the picks right", fontsize=8)
        panel.set(xticks=[], yticks=[])
    for panel in panels[len(kept) :]:
        panel.set_axis_off()
    written = []
    with mpl.rc_context({"svg.hashsalt": "cryoal"}):
        for ending in ("png", "svg"):
            metadata = {"Date": None} if ending == "svg" else None
            with replacing(folder / f"picks.{ending}") as temporary:
                figure.savefig(temporary, format=ending, dpi=150, metadata=metadata)
            written.append(f"picks.{ending}")
    return written
