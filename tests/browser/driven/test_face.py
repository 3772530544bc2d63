"""What is seen, heard and reached on the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cryoal.browser.desk import Desk
from cryoal.browser.server import Server
from cryoal.campaign import Campaign
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.marks import JUNK, UNSURE, class_mark, ink_on
from cryoal.review.intake import read_saved
from tests.browser.driven.conftest import answer_question, file_page, queue_of, ready, until
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from cryoal.testing.phantoms import PhantomFiles
    from tests.browser.driven.conftest import Desktop


@pytest.fixture
def page(campaign: Campaign, asked: list[str], desktop: Desktop) -> Page:
    """Thirty boxes, of which two come twice."""
    queue = queue_of(campaign)
    return ready(desktop.open(file_page(campaign, queue, annotator="ana", blind=False)))


def contrast(one: str, other: str) -> float:
    """WCAG 2: from 1 to 21."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_names_that_look_like_html_are_only_names(
    phantoms: PhantomFiles, desktop: Desktop, tmp_path: Path
) -> None:
    classes = ("</script><script>window.taken = 1</script>", "<b>rod</b>", "a&b {{ 7 * 7 }}")
    campaign = Campaign.create(tmp_path / "odd", make_config(classes, "laptop", ("pool.box=8",)))
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(campaign.pool_path, phantoms.tomograms, picks, box=8)
    write_cycle(campaign, 0, [(key, classes[0]) for key in campaign.pool.keys[:5].tolist()])
    page = ready(
        desktop.open(file_page(campaign, queue_of(campaign), annotator="ana", blind=False))
    )
    names = page.locator("#classes .name")
    assert names.all_inner_texts() == list(classes)
    page.keyboard.press("2")
    assert page.locator("#box-0 .chip .name").inner_text() == "<b>rod</b>"
    assert page.locator("#box-1").get_attribute("aria-label") == (
        f"box 2 of 5; no answer yet; suggested {classes[0]}, 75 %"
    )
    assert page.evaluate("window.taken") is None
    assert page.locator("main script, main b:not(.chip b)").count() == 0


def test_a_screen_reader_finds_the_boxes_their_answers_and_what_was_done(page: Page) -> None:
    gallery = page.get_by_role("listbox", name="Boxes of this page")
    assert gallery.get_attribute("aria-multiselectable") == "true"
    assert page.get_by_role("option").count() == 20
    assert gallery.get_attribute("aria-activedescendant") == "box-0"
    page.keyboard.press("2")
    assert gallery.get_attribute("aria-activedescendant") == "box-1"
    first = page.get_by_role("option", name="box 1 of 32; rod; suggested ring, 75 %")
    assert first.get_attribute("aria-selected") == "false"
    page.keyboard.press("Shift+ArrowRight")
    assert page.locator("[role=option][aria-selected=true]").count() == 2
    page.keyboard.press("u")
    assert page.locator("#message").inner_text() == "2 boxes: unsure"
    assert page.get_by_role("status").first.get_attribute("aria-live") == "polite"
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "3"
    canvases = page.locator("canvas").filter(visible=True).all()
    assert all(c.get_attribute("role") == "img" and c.get_attribute("aria-label") for c in canvases)
    for name in ("Accept", "Junk", "Unsure", "Skip", "Undo", "Redo", "New class", "Flag"):
        assert page.get_by_role("button", name=name).count() == 1, name


def test_tab_reaches_every_button_and_enter_presses_the_one_that_has_the_focus(page: Page) -> None:
    assert page.evaluate("document.activeElement.id") == "gallery"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.innerText?.trim()"))
        outline = page.evaluate(
            "document.activeElement !== document.body"
            " && getComputedStyle(document.activeElement).outlineStyle"
        )
        assert outline != "none"
    enabled = page.locator("header button, main button").filter(visible=True)
    texts = {b.inner_text().strip() for b in enabled.all() if b.is_enabled()}
    assert texts <= reached
    page.get_by_role("button", name="Unsure").focus()
    page.keyboard.press("Enter")
    assert page.locator("#message").inner_text().endswith(": unsure")
    page.keyboard.press("2")  # keys of the review go on working
    assert page.locator("#message").inner_text().endswith(": rod")


def test_the_mouse_selects_answers_and_looks_deeper(page: Page) -> None:
    page.locator("#box-3").click()
    page.locator("#box-5").click(modifiers=["Shift"])
    assert page.evaluate("cryoalReview.session.selection") == [3, 4, 5]
    page.locator("#classes button").nth(1).click()
    assert page.locator("#message").inner_text() == "3 boxes: rod"
    page.locator("#slabs .xy").hover()
    page.mouse.wheel(0, 100)
    until(page, "document.querySelector('#facts').textContent.includes('depth +1')")
    page.keyboard.press("Enter")  # the focus is back at the boxes: accept
    assert page.locator("#message").inner_text().endswith(": ring")


def test_a_key_held_down_answers_one_box(page: Page) -> None:
    page.keyboard.down("1")
    page.keyboard.down("1")
    page.keyboard.up("1")
    assert page.locator("#numbers").inner_text().startswith("1 of 32")


def test_a_new_class_is_asked_for_and_j_gives_the_one_for_junk(page: Page, tmp_path: Path) -> None:
    page.keyboard.press("n")
    answer_question(page, "a,b")
    assert page.locator("#ask-error").inner_text() == "expected a name without commas"
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    answer_question(page, "none")
    assert page.locator("#ask-error").inner_text().startswith("expected another name than None")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    answer_question(page, "RING")
    assert "can be told from 'ring', found 'RING'" in page.locator("#message").inner_text()
    assert page.locator("#numbers").inner_text().startswith("0 of 32")
    page.keyboard.press("n")
    answer_question(page, " spiral ")
    page.keyboard.press("j")  # as long as none is called that
    assert page.locator("#message").inner_text().endswith(": background")
    page.keyboard.press("n")
    answer_question(page, "junk")
    assert "'junk' is a new class" in page.locator("#message").inner_text()
    page.keyboard.press("j")
    assert page.locator("#classes .name").all_inner_texts() == [
        *("ring", "rod", "background", "spiral", "junk")
    ]
    page.keyboard.press("4")
    page.reload()
    ready(page)
    assert "background 1, spiral 2, junk 2" in page.locator("#numbers").inner_text()
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(tmp_path / "saved.json")
    assert read_saved(tmp_path / "saved.json").new_classes == ("spiral", "junk")


def test_digits_that_need_shift_and_capitals_are_the_same_keys(page: Page) -> None:
    page.evaluate(
        """() => { for (const init of [{ key: "2", shiftKey: true }, { key: "U" }])
             document.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true })); }"""
    )
    assert page.evaluate("[0, 1].map((n) => cryoalReview.session.shown(n).status)") == [
        *("answered", "unsure")
    ]


def test_keys_of_the_browser_are_left_to_the_browser(page: Page) -> None:
    taken = page.evaluate(
        """() => [{ key: "r", ctrlKey: true }, { key: "1", ctrlKey: true }, { key: "1" }]
             .map((init) => !document.body.dispatchEvent(
               new KeyboardEvent("keydown", { ...init, bubbles: true, cancelable: true })))"""
    )
    assert taken == [False, False, True]


def test_a_page_for_nobody_asks_who_is_there_and_begins_where_that_journal_is(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    campaign.record("ben", [(asked[0], "rod")])
    queue = queue_of(campaign, "page")
    page = desktop.open(file_page(campaign, queue, annotator=None, blind=False))
    answer_question(page, "b\u200ben")
    assert "visible characters" in page.locator("#ask-error").inner_text()
    answer_question(page, "张" * 28)
    assert "a shorter name" in page.locator("#ask-error").inner_text()
    answer_question(page, "constructor")  # which every object of JavaScript has
    ready(page)
    assert page.locator("#numbers").inner_text().startswith("0 of 32")
    page.locator("#who").click()
    with page.expect_navigation():
        answer_question(page, "ben")
    ready(page)
    assert page.locator("#numbers").inner_text().startswith("1 of 32")
    page.reload()  # not asked again
    ready(page)
    assert page.locator("#who").inner_text() == "ben"


def test_a_browser_that_keeps_nothing_is_told_at_once(
    campaign: Campaign, asked: list[str], desktop: Desktop, tmp_path: Path
) -> None:
    address = file_page(campaign, queue_of(campaign), annotator="ana", blind=False)
    page = ready(desktop.open(address))
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new Error('the quota is full') } }"
    )
    page.keyboard.press("1")
    alarm = page.get_by_role("alert").filter(has_text="keeps nothing")
    assert alarm.inner_text() == (
        "this browser keeps nothing (the quota is full): save before closing this page"
    )
    page.keyboard.press("2")
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(tmp_path / "saved.json")
    lines = read_saved(tmp_path / "saved.json").lines
    assert [line["label"] for line in lines if "label" in line] == ["ring", "rod"]


def test_what_is_damaged_in_the_browser_is_put_aside_and_said(page: Page) -> None:
    page.keyboard.press("1")
    page.evaluate("""() => { const name = Object.keys(localStorage).find((k) => k.endsWith("ana"));
        localStorage.setItem(name, "{"); }""")
    page.reload()
    ready(page)
    assert "found something else" in page.get_by_role("alert").first.inner_text()
    assert page.evaluate("Object.keys(localStorage).some((k) => k.endsWith('ana damaged'))")


def test_two_tabs_of_one_page_keep_each_others_presses(page: Page) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    ready(other)
    page.keyboard.press("1")
    until(other, "document.querySelector('#numbers').textContent.startsWith('1 of')")
    other.keyboard.press("End")
    other.keyboard.press("2")
    until(page, "document.querySelector('#numbers').textContent.startsWith('2 of')")


def test_g_shows_the_surroundings_and_b_goes_back(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    keys = campaign.pool.keys.tolist()
    rows = ["key,class,p_ring,p_rod,p_background,disagreement", *(f"{k},rod,0,1,0," for k in keys)]
    (campaign.path / "predictions.csv").write_text("\n".join(rows) + "\n")
    page = ready(
        desktop.open(file_page(campaign, queue_of(campaign), annotator="ana", blind=False))
    )
    page.keyboard.press("g")
    image = page.locator("#surroundings img")
    assert image.is_visible()
    assert not page.locator("#slabs .xy").is_visible()
    assert page.evaluate("document.querySelector('#surroundings img').naturalWidth") == 40
    assert page.locator("#surroundings polygon.dot").count() > 0
    assert page.locator("#surroundings .legend").inner_text() == "rod"
    page.keyboard.press("b")
    assert page.locator("#slabs .xy").is_visible()


@pytest.mark.parametrize("is_served", [False, True])
def test_every_card_and_the_focus_show_the_tomogram_with_the_box_outlined(
    campaign: Campaign, asked: list[str], desktop: Desktop, is_served: bool
) -> None:
    with desktop.serve(Desk(campaign.path)) as server:
        address = file_page(campaign, queue_of(campaign), annotator="ana", blind=False)
        page = ready(desktop.open(server.address("ana") if is_served else address))
        until(page, "document.querySelectorAll('.card [data-tile=there]').length === 20")
        there = "[...document.querySelectorAll('.tile[data-tile=there] img')]"
        until(page, f"{there}.every((image) => image.naturalWidth > 0)")
        # The middle third: of a picture of five boxes, three are shown.
        tile, boxed = (page.locator(f"#tile{part}").bounding_box() for part in ("", " .boxed"))
        assert tile is not None
        assert boxed is not None
        assert boxed["width"] / tile["width"] == pytest.approx(1 / 3, abs=0.02)
        assert (boxed["x"] - tile["x"]) / tile["width"] == pytest.approx(1 / 3, abs=0.02)
        image = page.locator("#tile img").bounding_box()
        assert image is not None
        wide = 1 if is_served else 5 / 3
        assert image["width"] / tile["width"] == pytest.approx(wide, abs=0.02)
        page.keyboard.press("i")
        assert page.locator(".card .tile.inverted").count() == 20
        page.keyboard.press("PageDown")
        until(
            page, "document.querySelectorAll('.card[data-number] [data-tile=there]').length >= 12"
        )


def test_a_tomogram_that_has_moved_costs_the_context_and_nothing_else(
    campaign: Campaign, asked: list[str], desktop: Desktop, tmp_path: Path
) -> None:
    pool, gone = campaign.pool, tmp_path / "gone.mrc"
    pool.tomograms = tuple(replace(record, path=gone) for record in pool.tomograms)
    address = file_page(campaign, queue_of(campaign), annotator="ana", blind=False)
    page = ready(desktop.open(address))
    assert "the review goes on without context" in page.locator("#alarms").inner_text()
    assert page.locator("#tile").inner_text() == "no tomogram\naround it"
    tomogram = page.evaluate("cryoalReview.session.data.items[0].tomogram")
    reason = page.locator("#tile").get_attribute("title") or ""
    assert reason.startswith(f"expected the tomogram {tomogram} as before, found no file {gone}")
    page.keyboard.press("g")
    assert "there is no picture" in page.locator("#message").inner_text()
    page.keyboard.press("1")
    assert page.locator("#numbers").inner_text().startswith("1 of")


def test_a_class_renamed_in_the_meantime_takes_the_press_back_and_shows_the_new_keys(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    desktop.is_offline_expected = True  # the refusal is a 400
    with desktop.serve(Desk(campaign.path, order="score")) as server:
        page = ready(desktop.open(server.address("ana")))
        page.keyboard.press("2")
        until(page, "cryoalReview.memory.nWaiting === 0")
        settings = campaign.path / "campaign.toml"
        settings.write_text(settings.read_text().replace('"ring"', '"hoop"'))
        page.keyboard.press("1")
        until(page, "document.querySelector('#message').textContent.includes('not recorded')")
        assert "no class called 'ring'" in page.locator("#message").inner_text()
        until(page, "document.querySelector('#classes .name').textContent === 'hoop'")
        assert page.evaluate("cryoalReview.session.position") == 1
        page.keyboard.press("1")
        until(page, "cryoalReview.memory.nWaiting === 0")
        page.keyboard.press("j")
        until(page, "document.querySelector('#numbers').textContent.includes('background 1')")
        until(page, "cryoalReview.memory.nWaiting === 0")
    fresh = Campaign.open(campaign.path)
    assert list(fresh.standing().labelled.values()) == ["rod", "hoop", "background"]
    assert fresh.config.classes == ("hoop", "rod", "background")


def test_of_several_presses_that_waited_only_the_refused_one_is_taken_back(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    desktop.is_offline_expected = True
    server = Server(Desk(campaign.path, order="score"))
    with server:
        page = ready(desktop.open(server.address("ana")))
    for key in ("2", "1", "3", "f"):
        page.keyboard.press(key)
    settings = campaign.path / "campaign.toml"
    settings.write_text(settings.read_text().replace('"ring"', '"hoop"'))
    with desktop.serve(Desk(campaign.path, order="score"), port=server.port, token=server.token):
        until(page, "cryoalReview.memory.nWaiting === 0")
        until(page, "document.querySelector('#classes .name').textContent === 'hoop'")
        assert "no class called 'ring'" in page.locator("#message").inner_text()
        assert page.evaluate("cryoalReview.session.position") == 1
        assert page.locator("#numbers").inner_text().startswith("2 of 32")
    labels = Campaign.open(campaign.path).standing().labelled
    assert labels == {asked[0]: "rod", asked[2]: "background"}


def test_a_full_disk_is_said_and_the_press_waits(
    campaign: Campaign, asked: list[str], desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    desktop.is_offline_expected = True
    with desktop.serve(Desk(campaign.path, order="score")) as server:
        page = ready(desktop.open(server.address("ana")))
        monkeypatch.setattr("cryoal.data.journal.Journal._append", full)
        page.keyboard.press("1")
        until(page, "document.querySelector('#alarms').textContent.includes('No space left')")
        assert page.locator("#unsaved").inner_text() == "not saved yet: 1"
        monkeypatch.undo()
        until(page, "cryoalReview.memory.nWaiting === 0")
    assert list(campaign.standing().labelled) == [asked[0]]


def test_marks_and_texts_are_readable_in_light_and_dark(
    campaign: Campaign, asked: list[str], desktop: Desktop
) -> None:
    for mark in [JUNK, UNSURE, *(class_mark(number) for number in range(56))]:
        assert contrast(mark.colour, ink_on(mark.colour)) >= 4.5, mark.colour
    address = file_page(campaign, queue_of(campaign), annotator="ana", blind=False)
    pages = set()
    for scheme in ("light", "dark"):
        page = ready(desktop.open(address, color_scheme=scheme, reduced_motion="reduce"))
        names = ("page", "panel", "raised", "text", "quiet", "accent", "alarm", "border")
        colour = page.evaluate(
            """(names) => { const style = getComputedStyle(document.documentElement);
                 return Object.fromEntries(
                   names.map((n) => [n, style.getPropertyValue("--" + n).trim()])); }""",
            list(names),
        )
        pages.add(colour["page"])
        for ground in ("page", "panel", "raised"):
            for ink in ("text", "quiet", "alarm"):
                assert contrast(colour[ink], colour[ground]) >= 4.5, (scheme, ink, ground)
            for line in ("accent", "border"):
                assert contrast(colour[line], colour[ground]) >= 3, (scheme, line, ground)
        assert page.evaluate(
            "getComputedStyle(document.querySelector('#bar')).transitionProperty"
        ) == ("none")
    assert len(pages) == 2


@pytest.mark.parametrize("width", [360, 700, 1000, 1280, 1920])
def test_nothing_sticks_out_at_any_width(
    campaign: Campaign, asked: list[str], desktop: Desktop, width: int
) -> None:
    address = file_page(campaign, queue_of(campaign), annotator="ana", blind=False)
    page = ready(desktop.open(address))
    page.set_viewport_size({"width": width, "height": 800})
    shown = "getComputedStyle(document.querySelector('#gallery')).gridTemplateColumns"
    until(page, f"cryoalReview.session.columns === {shown}.split(' ').length")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    columns = page.evaluate("cryoalReview.session.columns")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    one, below = (
        page.locator("#box-0").bounding_box(),
        page.locator(f"#box-{columns}").bounding_box(),
    )
    assert one is not None
    assert below is not None
    assert one["x"] == below["x"]
    assert one["y"] < below["y"]
    assert page.evaluate("cryoalReview.session.position") == columns
    if width == 1280:
        assert columns == 4
        assert page.evaluate("document.documentElement.scrollHeight") <= 800


def test_after_the_last_box_nothing_is_selected_until_one_goes_back(page: Page) -> None:
    n = page.evaluate("cryoalReview.session.places.length")
    page.evaluate("""() => {
      const { session, face } = cryoalReview;
      for (const _ of session.places) session.press("1");
      face.draw();
    }""")
    message, selected = page.locator("#message"), page.locator(".card[aria-selected=true]")
    assert "every box has an answer, none is selected" in message.inner_text()
    assert "next: press Save, then cryoal label " in message.inner_text()
    assert selected.count() == page.locator(".card.front").count() == 0
    n_lines = page.evaluate("cryoalReview.memory.lines().length")
    for key in "2", "u", "j", "n", "s", "Enter":
        page.keyboard.press(key)
        assert "none is selected" in message.inner_text()
        assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("cryoalReview.memory.lines().length") == n_lines
    page.reload()
    ready(page)
    assert "none is selected" in message.inner_text()
    page.keyboard.press("2")
    assert page.evaluate("cryoalReview.memory.lines().length") == n_lines
    page.keyboard.press("ArrowLeft")
    assert selected.count() == 1
    page.keyboard.press("2")
    label = page.evaluate(f"cryoalReview.session.shown({n - 1}).label")
    assert label == page.evaluate("cryoalReview.session.classes[1]")
    page.keyboard.press("z")
    assert selected.count() == 1
