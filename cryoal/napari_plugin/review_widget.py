"""The review: gallery, focus card and head in one widget that owns the keyboard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from cryoal.errors import CryoALError
from cryoal.napari_plugin.boxes import Boxes
from cryoal.napari_plugin.context import Context
from cryoal.napari_plugin.focus import Focus
from cryoal.napari_plugin.gallery import Gallery
from cryoal.napari_plugin.head import Head
from cryoal.napari_plugin.key_names import key_name
from cryoal.napari_plugin.key_sheet import KeySheet
from cryoal.napari_plugin.look import look_of
from cryoal.napari_plugin.name_line import NameLine
from cryoal.napari_plugin.room import Room
from cryoal.napari_plugin.tile_loader import TileLoader
from cryoal.review.keys import action_of
from cryoal.review.view import LOW_PASS, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from qtpy.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QShowEvent

    from cryoal.review.session import Session

__all__ = ["ReviewWidget"]

ELSEWHERE = "the keyboard is with napari: click here to go on with the review"
NO_VIEWER = "expected a napari viewer to show the tomogram in, found none"
MOVES = ("left", "right", "up", "down", "page-up", "page-down", "deeper", "shallower")
"""What a key that is held down may do again and again; it never gives more than one answer."""


class ReviewWidget(QWidget):
    """A session in front of an annotator.

    napari binds digits, letters, arrows and Space itself, and a plugin cannot take them from it in
    its manifest. Here the keyboard is this widget's: it accepts the ``ShortcutOverride`` that Qt
    sends before a shortcut fires, and passes no plain key on. While a tomogram is on show, keys
    that mean something here are taken from the canvas as well.

    Parameters
    ----------
    session
        What :mod:`cryoal.review` keeps; every key goes to it, and everything is drawn from it.
    viewer
        Where tomograms are shown; without one there is no context.
    fills_window
        Whether the canvas and the other docks step aside while no tomogram is on show.
    """

    def __init__(
        self,
        session: Session,
        viewer: Viewer | None = None,
        *,
        fills_window: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.view = View()
        self.boxes = Boxes(session.campaign.pool)
        self.head = Head(session)
        self.tiles = TileLoader(session.campaign, self)
        self.gallery = Gallery(session, self.boxes, self.tiles)
        self.focus_card = Focus()
        self.name_line = NameLine()
        self.sheet = KeySheet(self)
        self.context = None if viewer is None else Context(viewer, session, self.say, self.arrange)
        self._room = Room(self)
        self._fills_window = fills_window
        self._is_large = False
        self._position = session.position
        self._canvas: QWidget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Without a policy of its own napari would add a stretch below, which takes half the room.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("cryoal review")
        self._lay_out()
        self.head.pressed.connect(self._press_button)
        self.gallery.chosen.connect(self._choose)
        self.gallery.opened.connect(lambda _: self._enlarge(True))
        self.focus_card.stepped.connect(self._deepen)
        self.name_line.named.connect(self._name_class)
        self.name_line.closed.connect(self.setFocus)
        self.tiles.came.connect(self._draw_boxes)
        self.destroyed.connect(_closer(self.context, self.tiles))
        self.refresh()

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self.gallery, 5)
        middle.addWidget(self.focus_card, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        layout.addWidget(self.head)
        layout.addWidget(self.name_line)
        layout.addLayout(middle, 1)

    # what keys and buttons do

    def press(self, key: str) -> None:
        """Do what a key does, by its name in :data:`cryoal.review.keys.SHEET`."""
        action = self.session.press(key)
        message = self.session.message
        match action:
            case "low-pass":
                step = (LOW_PASS.index(self.view.resolution) + 1) % len(LOW_PASS)
                self.view = replace(self.view, resolution=LOW_PASS[step])
                message = ("low-pass off", "low-pass weak", "low-pass medium", "low-pass strong")[
                    step
                ]
            case "invert":
                self.view = replace(self.view, is_inverted=not self.view.is_inverted)
                if self.context is not None:
                    self.context.set_inverted(self.view.is_inverted)
            case "deeper" | "shallower":
                self._deepen(1 if action == "deeper" else -1)
            case "context":
                self._go_to_tomogram()
                return
            case "back":
                self._come_back()
            case "sheet":
                self.sheet.toggle(self.session.keys)
            case "new-class":
                self.name_line.open()
            case "escape":
                self.sheet.hide()
                self._enlarge(False)
            case "":
                message = message or f"{key} does nothing here; ? shows the keys"
        self.say(message)
        self.refresh()

    def say(self, message: str) -> None:
        """Put one line in front of the annotator."""
        self.session.message = message
        self.head.refresh(message)

    def refresh(self) -> None:
        """Draw everything as the session has it now."""
        if self.session.position != self._position:
            self._position = self.session.position
            self.view = replace(self.view, depth=0)
            if self.context is not None:
                self.context.depth = 0
                if self.context.is_open or self.context.is_opening:
                    self.context.go(self.session.queue.items[self._position])
        self._draw_boxes()
        self.head.refresh(self.session.message)

    def _draw_boxes(self) -> None:
        """Draw the cards and the box in front, with the tiles that are there by now."""
        self.gallery.view = replace(self.view, depth=0)
        self.gallery.update()
        try:
            look = look_of(self.session, self.boxes, self.tiles, self.view)
        except (CryoALError, OSError) as error:
            self.session.message = str(error)
        else:
            self.focus_card.show_look(look)

    def arrange(self) -> None:
        """Give the gallery, the focus card and the canvas their places."""
        in_context = self.context is not None and self.context.is_open
        self.gallery.setVisible(not in_context and not self._is_large)
        if in_context:
            self._room.give_back()
        elif self._fills_window and self.isVisible():
            self._room.take()
        self._watch_canvas(in_context)

    def _press_button(self, key: str) -> None:
        if key.startswith("class:"):
            self._try(lambda: self.session.answer(key.removeprefix("class:")))
        else:
            self.press(key)
        if self.name_line.isHidden():
            self.setFocus()

    def _choose(self, number: int, is_extended: bool) -> None:
        self.session.message = ""
        self.session.go(number, extend=is_extended)
        self.refresh()
        self._take_keyboard()

    def _name_class(self, name: str) -> None:
        self._try(lambda: self.session.add_class(name))

    def _try(self, act: Callable[[], None]) -> None:
        """Do what may fail; tells why."""
        try:
            act()
        except (CryoALError, OSError) as error:
            self.session.message = f"not recorded: {error}"
        self.refresh()

    def _deepen(self, steps: int) -> None:
        half = self.session.campaign.pool.box // 2
        depth = min(max(self.view.depth + steps, -half), half - 1)
        self.view = replace(self.view, depth=depth)
        if self.context is not None:
            self.context.set_depth(depth)
        self.refresh()

    def _enlarge(self, is_large: bool) -> None:
        """The focus card alone, or beside the gallery."""
        self._is_large = is_large
        self.arrange()

    def _go_to_tomogram(self) -> None:
        if self.context is None:
            self.say(NO_VIEWER)
            return
        self.context.depth = self.view.depth
        self.context.go(self.session.queue.items[self.session.position])

    def _come_back(self) -> None:
        if self.context is not None:
            self.context.leave()
            self.arrange()
        self._take_keyboard()

    # who has the keyboard

    def _take_keyboard(self) -> None:
        self.name_line.close_line()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _is_ours(self, event: QKeyEvent) -> bool:
        """Whether the key does something in a review."""
        key = key_name(event)
        return bool(key) and bool(action_of(key, self.session.keys)[0])

    def _take(self, event: QKeyEvent) -> bool:
        """Do what the key of `event` does; whether it was one for us."""
        key = key_name(event)
        if not key:
            return False
        action, _ = action_of(key, self.session.keys)
        if key.startswith("Ctrl+") and not action:
            return False  # of napari's menus
        if not event.isAutoRepeat() or action.removeprefix("extend-") in MOVES:
            self.press(key)
        return True

    def _watch_canvas(self, is_watched: bool) -> None:
        """Take our keys from the canvas, which has them after a click, or leave them there."""
        window = self.window()
        canvas = window.centralWidget() if hasattr(window, "centralWidget") else None
        if is_watched and self._canvas is None and canvas is not None:
            self._canvas = canvas
            for widget in (canvas, *canvas.findChildren(QWidget)):
                widget.installEventFilter(self)
        elif not is_watched and self._canvas is not None:
            for widget in (self._canvas, *self._canvas.findChildren(QWidget)):
                widget.removeEventFilter(self)
            self._canvas = None

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and self._is_ours(event):
            event.accept()
            return True
        if kind == QEvent.Type.KeyPress and self._is_ours(event):
            return self._take(event)
        if kind == QEvent.Type.Resize and self._canvas is not None and self.context is not None:
            QTimer.singleShot(0, self, self.context.frame_again)
        if kind == QEvent.Type.Close and watched is self.window():
            self._room.give_back()  # napari saves how its window looks
            if self.context is not None:
                self.context.leave()
                self.context.forget()
            QTimer.singleShot(0, self, self._come_up)  # napari may ask, and stay
        return False

    @override
    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and key_name(event):
            if self._is_ours(event) or not key_name(event).startswith("Ctrl+"):
                event.accept()
                return True
        elif kind == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            event.accept()  # would carry the keyboard away
            return True
        return bool(super().event(event))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(self._take(event))

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(bool(key_name(event)))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._take_keyboard()
        event.accept()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.head.refresh(self.session.message)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        is_window = event.reason() == Qt.FocusReason.ActiveWindowFocusReason
        if self.name_line.isHidden() and not is_window and self._canvas is None:
            self.head.refresh(ELSEWHERE)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().installEventFilter(self)
        QTimer.singleShot(0, self, self._come_up)

    def _come_up(self) -> None:
        """After the window has been laid out."""
        if self.isVisible():
            self.arrange()
            self._take_keyboard()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.sheet.hide()
            self._room.give_back()


def _closer(context: Context | None, tiles: TileLoader) -> Callable[[], None]:
    """Closes the files when Qt lets go of the widget, of which nothing may be touched then."""

    def close() -> None:
        tiles.close()
        if context is not None:
            context.close()

    return close
