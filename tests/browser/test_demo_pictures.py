"""The demonstration as somebody sees it who has just typed `make run`.

With LODGE_SCREENSHOTS=1 its pictures, for the README and the guide, go to docs/guide/pictures.
"""

import os
from collections import deque
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import update

from portal.cli import demo
from portal.config import ROOT
from portal.extensions import db
from portal.models.people import User
from portal.services.statistics import counting
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")
SIZE = {"width": 1280, "height": 800}
ANSWERS = {
    "en": "Both are done now: please try again, and tell us if it comes back.",
    "ru": "Готово: попробуйте ещё раз и напишите нам, если это повторится.",
}


def take(window: Window, path: Path) -> None:
    """A picture with few colours: small enough for a repository, and for whoever reads the page."""
    window.page.mouse.move(0, SIZE["height"])
    window.page.screenshot(path=path)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(
            method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    few.save(path, optimize=True)
    assert 10_000 < path.stat().st_size < 150_000


def open_first(window: Window) -> str:
    """The number of the ticket that is opened beside the queue."""
    window.go("/tickets/queue?view=mine")
    window.page.locator("#rows .m a").first.click()
    window.page.locator("#panel #message").wait_for()
    return window.page.locator("#panel .n").first.inner_text()


def read_in(app: Flask, locale: str) -> None:
    """Everybody reads that language."""
    with factories.writing(app):
        db.session.execute(update(User).values(locale=locale))


def test_the_demonstration_looks_like_a_desk_at_work(
    app: Flask,
    window: OpenWindow,
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(app.config, "UNDO_SEND", timedelta(seconds=60))
    with app.app_context():
        deque(demo.seed(), maxlen=0)
    with factories.writing(app):
        while counting.count_some():
            pass
    wanted = os.environ.get("LODGE_SCREENSHOTS") == "1"
    folder = ROOT / "docs" / "guide" / "pictures" if wanted else tmp_path
    ada, sam, ann = (window(**SIZE).sign_in(person) for person in (cast.ada, cast.sam, cast.ann))
    assert sam.page.locator("#rows tr").count() >= 20
    take(sam.go("/tickets/queue?view=mine"), folder / "queue.png")
    of = {"en": folder, "ru": folder / "ru"}
    for locale in of:
        of[locale].mkdir(exist_ok=True)
        read_in(app, locale)
        number = open_first(sam)
        take(sam, of[locale] / "ticket.png")
        ada.go("/admin/").page.locator(".sums").evaluate("e => scrollTo(0, e.offsetTop - 80)")
        take(ada, of[locale] / "statistics.png")
        take(ann.go("/tickets/"), of[locale] / "your-tickets.png")
        ann.go("/tickets/new").page.locator("#subject").fill("Monthly report")
        ann.page.locator(".earlier-tickets li").first.wait_for()
        take(ann, of[locale] / "new-ticket.png")
    for locale in of:
        read_in(app, locale)
        sam.go(f"/tickets/{number}").page.locator("#message").fill(ANSWERS[locale])
        sam.page.locator("#send-only").click()
        sam.page.locator(".msg-scheduled").scroll_into_view_if_needed()
        take(sam, of[locale] / "taking-back.png")
        sam.page.reload()  # a picture leaves its marks on the page
        sam.page.locator("[id^=undo-send-]").click()
        sam.page.locator(".msg-scheduled").wait_for(state="detached")
