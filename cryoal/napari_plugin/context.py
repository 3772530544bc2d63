"""From a box to its tomogram and back; files are opened beside the main thread."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from napari.qt.threading import thread_worker

from cryoal.errors import CryoALError
from cryoal.napari_plugin.levels import open_tomogram
from cryoal.napari_plugin.neighbours import neighbours_of, predicted, rows_of
from cryoal.napari_plugin.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari.viewer import Viewer

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.napari_plugin.levels import OpenTomogram
    from cryoal.review.queue import Item
    from cryoal.review.session import Session

__all__ = ["Context"]

KEPT = 2  # open tomograms


class Context:
    """Shows boxes of a session in their tomograms.

    Parameters
    ----------
    said
        Called with one line for the annotator.
    changed
        Called when a box has come up in the viewer, or could not.
    """

    def __init__(
        self,
        viewer: Viewer,
        session: Session,
        said: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._session = session
        self._said = said
        self._changed = changed
        self._scene = Scene(viewer)
        self._kept: OrderedDict[Path, OpenTomogram] = OrderedDict()
        self._predicted: Mapping[str, tuple[str, float]] | None = None
        self._wanted: Item | None = None
        self._opening: Path | None = None
        self._is_closed = False
        self.depth = 0
        self.is_inverted = False

    def begin(self, session: Session) -> None:
        """Show boxes of another queue; what is predicted for those around is looked up anew."""
        self.leave()
        self._session, self._predicted = session, None
        self.forget()
        self.depth = 0

    @property
    def is_open(self) -> bool:
        """Whether a tomogram is on show."""
        return self._scene.is_open

    @property
    def is_opening(self) -> bool:
        """Whether a tomogram is being opened."""
        return self._opening is not None

    def go(self, item: Item) -> None:
        """Show `item`, at once where its tomogram is open."""
        self._wanted = item
        record = self._record(item)
        if self._predicted is not None and record.path in self._kept:
            self._show(item)
        elif self._opening is None:
            self._open(record)

    def leave(self) -> None:
        """Back to how the viewer was."""
        self._wanted = None
        self._scene.leave()

    def set_depth(self, depth: int) -> None:
        """Move the slab with the focus card."""
        self.depth = depth
        self._scene.set_depth(depth)

    def set_inverted(self, is_inverted: bool) -> None:
        """Invert the grey with the cards."""
        self.is_inverted = is_inverted
        self._scene.invert(is_inverted)

    def frame_again(self) -> None:
        """The canvas has another size."""
        self._scene.frame_again()

    def forget(self, n_kept: int = 0) -> None:
        """Close all tomograms but the last `n_kept`; the one on show is the last."""
        while len(self._kept) > n_kept:
            _, opened = self._kept.popitem(last=False)
            opened.close()

    def close(self) -> None:
        """Let go of the viewer and of all files; what is still being opened is closed too."""
        self._is_closed = True
        self._wanted = None
        self.forget()

    def _record(self, item: Item) -> TomogramRecord:
        pool = self._session.campaign.pool
        return pool.tomograms[pool.tomogram[item.row]].to_look_at()

    def _open(self, record: TomogramRecord) -> None:
        self._opening = record.path
        self._said(f"opening {record.path} ...")
        thread_worker(self._work, connect={"returned": self._opened})(record)

    def _work(self, record: TomogramRecord) -> OpenTomogram | str:
        """In the other thread: touches no layer, raises nothing a user could mend."""
        try:
            session = self._session
            if self._predicted is None:
                is_open = session.mode == "open"
                found = predicted(session.campaign) if is_open else {}
                if session is self._session:  # another queue may have begun meanwhile
                    self._predicted = found
            return open_tomogram(record)
        except (CryoALError, OSError) as error:
            return f"{error}; the review goes on without context"

    def _opened(self, result: OpenTomogram | str) -> None:
        """In the main thread again."""
        path, self._opening = self._opening, None
        if self._is_closed:
            if not isinstance(result, str):
                result.close()
            return
        wanted = self._wanted
        if isinstance(result, str):
            if wanted is not None and self._record(wanted).path != path:
                self._open(self._record(wanted))  # another box has come up meanwhile
            else:
                self.leave()  # an outline in another tomogram would mislead
                self._changed()
                self._said(result)
            return
        self._kept[result.record.path] = result
        self._said("")
        if wanted is not None:
            self.go(wanted)
        self.forget(KEPT)

    def _show(self, item: Item) -> None:
        pool, record = self._session.campaign.pool, self._record(item)
        self._kept.move_to_end(record.path)
        opened = self._kept[record.path]
        if not self._scene.shows(opened):
            boxes = neighbours_of(pool, rows_of(pool, item.row), self._predicted or {})
            marks = {name: self._session.class_mark(name) for name in self._session.classes}
            self._scene.show(opened, boxes, pool.box, marks)
            self._scene.invert(self.is_inverted)
        self._scene.go(item.key, item.position_zyx_angstrom, self.depth)
        self._changed()
