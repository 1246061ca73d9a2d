"""The frame of the account and of administration: its rail, wide and narrow, low and on paper."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests import factories
from tests.browser import axe
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
PAGES = ["/admin/", "/admin/users", "/admin/logs/api", "/account/", "/account/organization"]


def test_rail_and_title_stand_in_the_same_place_on_each_page(window: OpenWindow, cast: Cast):
    ada = window().sign_in(cast.ada)
    places = set()
    for path in PAGES:
        page = ada.go(path).page
        for part in ("#rail", ".section-content", "h1"):
            box = page.locator(part).bounding_box()
            assert box
            width = 0 if part == "h1" else box["width"]
            places.add((part, box["x"], box["y"], width))
    assert len(places) == 3, places


@pytest.mark.parametrize("javascript", [True, False])
def test_a_narrow_window_has_the_rail_behind_one_line(
    window: OpenWindow, cast: Cast, *, javascript: bool
):
    ada = window(width=axe.NARROW, javascript=javascript).sign_in(cast.ada).go("/admin/users")
    page = ada.page
    button, rail = ada.button("Administration · People"), page.locator("#rail")
    expect(rail).to_be_hidden()
    button.press("Enter")
    expect(rail).to_be_visible()
    page.keyboard.press("Escape")
    expect(rail).to_be_hidden()
    expect(button).to_be_focused()
    button.press("Enter")
    page.keyboard.press("Tab")
    expect(rail.get_by_role("link", name="Statistics")).to_be_focused()
    rail.get_by_role("link", name="Ratings").click()
    expect(ada.button("Administration · Ratings")).to_be_visible()


def test_the_open_rail_and_the_menu_of_a_line_keep_nobody_out(window: OpenWindow, cast: Cast):
    ada = window(width=axe.NARROW)
    axe.bring(ada.context)
    page = ada.sign_in(cast.ada).go("/admin/users").page
    ada.button("Administration · People").click()
    assert axe.violations(page) == []
    page.keyboard.press("Escape")
    page.locator(f"#person-{cast.sue.id} .more > summary").click()
    expect(page.get_by_role("button", name="Disable")).to_be_visible()
    assert axe.violations(page) == []


@pytest.mark.parametrize("path", ["/tickets/queue", "/tickets/REQ000001", "/admin/users"])
def test_in_a_low_window_no_bar_stays_and_none_covers_another(
    app: Flask, window: OpenWindow, cast: Cast, path: str
):
    factories.file_ticket(app, cast.ann, "Radiator is cold")
    page = window(width=320).sign_in(cast.ada).page
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto(page.url.partition("/tickets")[0] + path)
    stay = "e => ['fixed', 'sticky'].includes(getComputedStyle(e).position) && e.offsetHeight > 30"
    bars = ".top, .ways, .panel-head, .views, .rail, .bulk"
    assert not page.locator(bars).evaluate_all(f"all => all.filter({stay}).map(e => e.className)")
    bottom = page.locator(".top").evaluate("top => top.getBoundingClientRect().bottom")
    inside = ".top > :is(.find, .bell, .menu), .ways"
    ends = page.locator(inside).evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().bottom)"
    )
    assert max(ends) <= bottom


def test_colours_that_are_forced_leave_marks_and_shapes(app: Flask, window: OpenWindow, cast: Cast):
    factories.file_ticket(app, cast.ann, "Radiator is cold")
    page = window().sign_in(cast.sam).page
    page.emulate_media(forced_colors="active")
    page.locator("#rows [type=checkbox]").check()
    expect(page.locator("#rows tr")).to_have_css("outline-style", "solid")
    expect(page.locator(".views [aria-current]")).to_have_css("outline-style", "solid")
    expect(page.locator(".bulk")).to_have_css("border-top-style", "solid")
    shape = "getComputedStyle(document.querySelector('#rows .st'), '::before').forcedColorAdjust"
    assert page.evaluate(shape) == "none"


def test_a_list_on_paper_has_neither_controls_nor_hidden_times(window: OpenWindow, cast: Cast):
    ada = window().sign_in(cast.ada)
    for path in ("/admin/users", "/admin/logs/actions", "/admin/staff"):
        page = ada.go(path).page
        page.emulate_media(media="print")
        for control in ("select", "input:not([type=hidden])", "button", "summary", "nav"):
            shown = page.locator(control).locator("visible=true")
            expect(shown).to_have_count(0)
        page.emulate_media(media="screen")


def test_people_are_filtered_while_one_types(window: OpenWindow, cast: Cast):
    ada = window().sign_in(cast.ada).go("/admin/users")
    box = ada.page.get_by_role("searchbox", name="Name or address")
    box.focus()
    ada.page.keyboard.type("ann@")
    expect(ada.page.locator("#people-list li[id]")).to_have_count(1)
    expect(ada.page.locator("#status")).to_have_text("Lines shown: 1")
    expect(box).to_be_focused()
    expect(box).to_have_value("ann@")
    expect(ada.page).to_have_url(f"{ada.site}/admin/users?q=ann%40&role=&state=")
