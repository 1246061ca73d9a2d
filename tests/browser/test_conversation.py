"""A conversation that is folded, unfolded, and beside the list, as axe and the Tab key find it."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.queries.tickets.timeline import RECENT
from tests import factories
from tests.browser import axe, scenes
from tests.browser.conftest import OpenWindow
from tests.browser.scenes.playing import COLD
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
BESIDE = "/tickets/queue?view=all&open=REQ000001"


def test_nothing_is_covered_or_too_small(app: Flask, window: OpenWindow, cast: Cast):
    scenes.set_the_stage(app, cast, "en")
    sights, found = axe.SIGHTS["en"], []
    sam, ann = window(width=axe.WIDE).sign_in(cast.sam), window(width=axe.WIDE).sign_in(cast.ann)
    for person in (sam, ann):
        axe.bring(person.context)
    for part in range(RECENT + 1):
        factories.post_comment(app, cast.ann, factories.Filed(1, "REQ000001", 1), f"Part {part}")
    for person, path in ((sam, f"{COLD}?from=view%3Dall#new"), (sam, BESIDE), (ann, COLD)):
        person.go(path)
        found += axe.faults(person.page, path, sights)
    sam.go(COLD).page.locator("#fold-open").click()
    sam.page.locator(".loaded").wait_for()
    found += axe.faults(sam.page, "unfolded", sights)
    assert not found, "\n".join(found)


def test_in_a_low_window_the_composer_is_at_hand_below_what_one_has_read(
    app: Flask, window: OpenWindow, cast: Cast
):
    filed = factories.file_ticket(app, cast.ann, "Radiator is cold")
    for part in range(RECENT):
        factories.post_comment(app, cast.ann, filed, f"Part {part}")
    for person, path in ((cast.sam, BESIDE), (cast.sam, COLD), (cast.ann, COLD)):
        page = window().sign_in(person).go(f"{path}#new").page
        page.set_viewport_size({"width": 1280, "height": 600})
        page.get_by_label("Message").click()
        expect(page.locator("#send-only")).to_be_in_viewport()
        page.wait_for_function(
            """() => {
                const bottom = document.getElementById("timeline").getBoundingClientRect().bottom;
                return bottom <= document.getElementById("reply").getBoundingClientRect().top + 1;
            }"""
        )


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_nothing_moves_away_under_a_click_into_the_empty_composer(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
):
    factories.file_ticket(app, cast.ann, "Radiator is cold")
    sam = window(javascript=javascript).sign_in(cast.sam).go("/tickets/REQ000001")
    sam.page.get_by_label("Message").click()
    sam.page.locator(".mode-note").click(position={"x": 60, "y": 12})  # its words: no control
    expect(sam.page.get_by_label("Internal note")).to_be_checked()
    sam.page.locator(".mode:not(.mode-note)").click(position={"x": 60, "y": 12})
    expect(sam.page.get_by_label("Public reply")).to_be_checked()
    sam.page.locator(".reply .hint").first.click()
    expect(sam.button("Send")).to_be_visible()
