"""The review: cards, other queues, threshold, map and next round; it has the keyboard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from cryoal.errors import CryoALError
from cryoal.napari_plugin.cards_page import CardsPage
from cryoal.napari_plugin.context import Context
from cryoal.napari_plugin.head import Head
from cryoal.napari_plugin.in_window import InWindow
from cryoal.napari_plugin.job_bar import JobBar
from cryoal.napari_plugin.key_sheet import KeySheet
from cryoal.napari_plugin.name_line import NameLine
from cryoal.napari_plugin.opening import Opener, Request
from cryoal.napari_plugin.overviews import Overviews, stamp_of
from cryoal.napari_plugin.pages import Pages
from cryoal.napari_plugin.side_pages import makers_of
from cryoal.napari_plugin.tabs import CARDS, PAGES, Tabs
from cryoal.review.keys import action_of
from cryoal.review.session import ANSWERING
from cryoal.review.view import LOW_PASS

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from qtpy.QtGui import QFocusEvent, QHideEvent, QMouseEvent

    from cryoal.napari_plugin.side_page import SidePage
    from cryoal.napari_plugin.tile_loader import TileLoader
    from cryoal.review.session import Session
    from cryoal.review.view import View

__all__ = ["ReviewWidget"]

ELSEWHERE = "the keyboard is with napari: click here to go on with the review"
NO_VIEWER = "expected a napari viewer to show the tomogram in, found none"
EVERYWHERE = ("escape", "sheet", *PAGES)
"""What keys do also while another page than the cards is on show."""
PAUSE = 2000  # milliseconds between two looks at what others have answered
SAID_LOW_PASS = ("low-pass off", "low-pass weak", "low-pass medium", "low-pass strong")


class ReviewWidget(InWindow):
    """A session in front of an annotator; another one can take its place.

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
        super().__init__(fills_window=fills_window, parent=parent)
        self.session = session
        self.cards = CardsPage(session)
        self.gallery, self.focus_card = self.cards.gallery, self.cards.focus_card
        self.tabs = Tabs()
        self.head = Head(session)
        self.name_line = NameLine()
        self.job = JobBar()
        self.overviews = Overviews(session.campaign.typed, self)
        self.pages = Pages(self.cards, makers_of(self))
        self.sheet = KeySheet(self)
        self.context = None if viewer is None else Context(viewer, session, self.say, self.arrange)
        self._is_large = False
        self._opener = Opener(self)
        self._stamp: object = None
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.follow)
        self._position, self._is_past = session.position, session.cursor.is_past
        # Without a policy of its own napari would add a stretch below, which takes half the room.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("cryoal review")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        for widget in (self.tabs, self.head, self.name_line, self.job):
            layout.addWidget(widget)
        layout.addWidget(self.pages, 1)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        self.tabs.turned.connect(self.turn)
        self.head.pressed.connect(self._press_button)
        self.gallery.chosen.connect(self._choose)
        self.gallery.opened.connect(lambda _: self._enlarge(True))
        self.focus_card.stepped.connect(self._deepen)
        self.name_line.named.connect(self._name_class)
        self.name_line.closed.connect(self.setFocus)
        self.overviews.failed.connect(self.say)
        self._opener.opened.connect(self._opened)
        self._opener.failed.connect(self.say)
        self.job.ended.connect(lambda _: self.overviews.look())
        self.destroyed.connect(_closer(self.context, self.cards))
        self.job.watch(self.session.campaign.typed)
        self._timer.start()

    def follow(self) -> None:
        """Show what others have answered meanwhile, in windows and pages of their own."""
        stamp = stamp_of(self.session.campaign.path.glob("labels/*.jsonl"))
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self.session.follow()
            except (CryoALError, OSError) as error:
                self.say(str(error))
            self.refresh()

    @property
    def view(self) -> View:
        """How boxes are drawn."""
        return self.cards.view

    @property
    def tiles(self) -> TileLoader:
        """What is around boxes."""
        return self.cards.tiles

    def start(self, words: tuple[str, ...]) -> None:
        """Start a command of the campaign; how far it is stands above the boxes."""
        self.job.start(self.session.campaign.typed, words)

    # which boxes

    def go(self, number: int) -> None:
        """Turn to a box of the queue."""
        self.turn(CARDS)
        self._choose(number, False)

    def open(self, wanted: Request) -> None:
        """Open another queue of this campaign; what was answered so far is in the journal."""
        path, annotator = self.session.campaign.typed, self.session.annotator
        if self._opener.open(path, annotator, wanted):
            self.say(f"opening {'boxes like it' if wanted.like else wanted.which} ...")

    def _opened(self, found: Session, wanted: Request) -> None:
        self.begin(found)
        if wanted.selects_all:
            self.session.press("Ctrl+a")
            n, n_all = len(found.queue.items), found.queue.n_all
            of = f" of {n_all:,}" if n_all > n else ""
            self.session.message = (
                f"{n}{of} {'box' if n == 1 else 'boxes'}, all selected: one "
                "key is about all of them"
            )
            self.refresh()

    def begin(self, session: Session) -> None:
        """Put another sitting in front of the annotator."""
        self.session, self._position = session, session.position
        self._is_past = session.cursor.is_past
        self.cards.begin(session)
        self.head.begin(session)
        if self.context is not None:
            self.context.begin(session)
        self.job.setVisible(self.job.is_running)  # how one went is old news
        self.turn(CARDS)
        self.arrange()

    def turn(self, name: str) -> None:
        """Show another page; a page that is there already gives way to the cards."""
        if self.context is not None and self.context.is_open:
            self._come_back()
        name = CARDS if name == self.pages.name else name
        page: SidePage | None = self.pages.turn(name)
        self.tabs.show_page(name)
        self.overviews.follow(page is not None)
        if page is None:
            self._take_keyboard()
        else:
            self.sheet.hide()
            page.come(self.session, self.overviews.known)
        self.refresh()

    # what keys and buttons do

    @override
    def action_of(self, key: str) -> str:
        action, _ = action_of(key, self.session.keys)
        is_free = self.pages.name == CARDS or self.hasFocus()
        return action if is_free or action in EVERYWHERE else ""

    @override
    def keeps_tab(self) -> bool:
        return self.pages.name == CARDS  # the other pages have buttons to go to

    @override
    def press(self, key: str) -> None:
        action, _ = action_of(key, self.session.keys)
        if self.pages.name != CARDS and action not in EVERYWHERE:
            if action in ANSWERING and self.session.selection:  # boxes that nobody sees now
                self.turn(CARDS)
                self.say("here are the cards again: press once more")
                return
            if action not in ANSWERING:
                self.turn(CARDS)
        action = self.session.press(key)
        message = self.session.message
        match action:
            case "low-pass":
                step = (LOW_PASS.index(self.view.resolution) + 1) % len(LOW_PASS)
                self.cards.view = replace(self.view, resolution=LOW_PASS[step])
                message = SAID_LOW_PASS[step]
            case "invert":
                self.cards.view = replace(self.view, is_inverted=not self.view.is_inverted)
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
            case "like-this":
                self.open(Request(like=(self.session.queue.items[self.session.position].key,)))
                return
            case "queues" | "threshold" | "map" | "rounds":
                self.turn(action)
                return
            case "escape":
                self.sheet.hide()
                self._enlarge(False)
                if self.pages.name != CARDS:
                    self.turn(CARDS)
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
            self.cards.view = replace(self.view, depth=0)
            if self.context is not None:
                self.context.depth = 0
                if self.context.is_open or self.context.is_opening:
                    self.context.go(self.session.queue.items[self._position])
        self.session.message = self.cards.draw() or self.session.message
        self.head.refresh(self.session.message)
        was_past, self._is_past = self._is_past, self.session.cursor.is_past
        if self._is_past and not was_past and self.pages.name == CARDS and self.tabs.isVisible():
            self.turn("rounds")
            self.setFocus()  # undo and the arrows lead back

    def arrange(self) -> None:
        """Give the gallery, the focus card and the canvas their places."""
        in_context = self.context is not None and self.context.is_open
        self.tabs.setVisible(not in_context)  # they need more room than is left
        self.gallery.setVisible(not in_context and not self._is_large)
        self.share_window(with_canvas=in_context)

    def _press_button(self, key: str) -> None:
        if key.startswith("class:") and self.pages.name != CARDS:
            self.turn(CARDS)
        elif key.startswith("class:"):
            self._try(lambda: self.session.answer(key.removeprefix("class:")))
        else:
            self.press(key)
        if self.name_line.isHidden() and self.pages.name == CARDS:
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
        depth = self.cards.deepen(steps)
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
        is_ours = self.pages.name != CARDS or not self.name_line.isHidden()
        if not is_ours and not is_window and not self.is_watching:
            self.head.refresh(ELSEWHERE)

    @override
    def come_up(self) -> None:
        self.arrange()
        if self.pages.name == CARDS:
            self._take_keyboard()

    @override
    def leave_window(self) -> None:
        if self.context is not None:
            self.context.leave()
            self.context.forget()

    @override
    def canvas_resized(self) -> None:
        if self.context is not None:
            self.context.frame_again()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.sheet.hide()


def _closer(context: Context | None, cards: CardsPage) -> Callable[[], None]:
    """Closes the files when Qt lets go of the widget, of which nothing may be touched then."""

    def close() -> None:
        cards.tiles.close()
        if context is not None:
            context.close()

    return close
