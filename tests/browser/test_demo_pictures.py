"""The demonstration as somebody sees it who has just typed `make run`; the README's pictures.

With LODGE_SCREENSHOTS=1 the pictures are written to docs/img, where the README shows them.
"""

import os
from collections import deque
from pathlib import Path

import pytest
from flask import Flask

from portal.cli import demo
from portal.config import ROOT
from tests.browser.conftest import OpenWindow
from tests.cast import Cast

pytestmark = pytest.mark.databases("sqlite")


def test_the_demonstration_looks_like_a_desk_at_work(
    app: Flask, window: OpenWindow, cast: Cast, tmp_path: Path
):
    with app.app_context():
        deque(demo.seed(), maxlen=0)
    wanted = os.environ.get("LODGE_SCREENSHOTS") == "1"
    folder = ROOT / "docs" / "img" if wanted else tmp_path
    sam = window().sign_in(cast.sam)
    assert sam.page.locator("#rows tr").count() >= 20
    sam.go("/tickets/queue?view=mine")
    sam.page.screenshot(path=folder / "queue.png")
    sam.go("/tickets/queue?view=mine&status=open")
    sam.page.locator("#rows .m a").first.click()
    sam.page.locator("#panel #message").wait_for()
    sam.page.screenshot(path=folder / "ticket.png")
    for picture in ("queue.png", "ticket.png"):  # small enough for a repository
        assert 20_000 < (folder / picture).stat().st_size < 250_000
