"""Monday: an admin reads last week off, takes it along, has it mailed, and opens a number."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal import clock
from portal.services.statistics import counting
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
LAST_WEEK = "?from=2026-11-16&to=2026-11-22"


def fill(app: Flask, cast: Cast) -> str:
    """Three tickets on Tuesday, one on Thursday that was answered last of all; its number."""
    for day, hour, subject in (
        (17, 9, "Printer"),
        (17, 9, "Badge"),
        (17, 14, "Door"),
        (19, 8, "Lift"),
    ):
        with clock.at(datetime(2026, 11, day, hour, tzinfo=UTC)):
            filed = factories.file_ticket(app, cast.ann, subject)
        with clock.at(datetime(2026, 11, day + (3 if subject == "Lift" else 0), 16, tzinfo=UTC)):
            factories.post_comment(app, cast.sam, filed)
    with factories.writing(app):
        counting.count_some()
    return filed.number


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_last_week_is_read_off_on_monday(
    app: Flask, window: OpenWindow, cast: Cast, tmp_path: Path, javascript: bool
):
    slowest = fill(app, cast)
    ada = window(javascript=javascript).sign_in(cast.ada).go("/admin/")
    ada.page.get_by_label("From").fill("2026-11-16")
    ada.page.get_by_label("to", exact=True).fill("2026-11-22")
    ada.button("Show").click()
    ada.see("Nov 16, 2026 – Nov 22, 2026", "Busiest: Tue 17 Nov, 3 filed")
    expect(ada.page.get_by_role("link", name="Tue 9: 2")).to_be_visible()

    with ada.page.expect_download() as download:
        ada.link("Filed and solved: CSV").click()
    download.value.save_as(tmp_path / "days.csv")
    with (tmp_path / "days.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["Day"]: row["Filed"] for row in csv.DictReader(file)}
    assert (rows["17 Nov"], rows["19 Nov"], sum(map(int, rows.values()))) == ("3", "1", 4)

    ada.page.get_by_label("Assignee").select_option(label="nobody")
    ada.button("Show").click()
    ada.button("Mail it").click()
    ada.see("The report is mailed from now on", "Assignee: nobody", "every week")

    ada.go(f"/admin/{LAST_WEEK}")
    answer = ada.page.locator(".tiles > div", has_text="First answer")
    answer.get_by_role("link").last.click()
    expect(ada.page.locator("tbody tr")).to_have_count(1)
    ada.see("Lift", slowest)


def test_it_fits_on_one_page_of_paper(app: Flask, window: OpenWindow, cast: Cast):
    fill(app, cast)
    ada = window().sign_in(cast.ada).go(f"/admin/{LAST_WEEK}")
    paper = ada.page.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page/") == 1
