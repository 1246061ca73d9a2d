"""Fixtures of the browser tests: one Chromium for all of them, the live server, windows.

Each story is told on one database, some here and some there: what is asked here is what a browser
makes of our pages, and it takes its time.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.live import Site, serve
from tests.browser.window import Window, open_window
from tests.databases import Cleaner
from tests.waiting import PATIENCE

OpenWindow = Callable[..., Window]
# The first one is the same browser without the windows that nobody sees: half the work for a page.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
# The machine that tests run on may be closed to the outside; nothing here needs it.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No page lives long enough for code that was optimized to pay: a fifth of the work for axe.
    "--js-flags=--max-optimized-bytecode-size=0",
]


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these are slow: a new one need not say so."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Ends with this package: its event loop would stop others' loops."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise RuntimeError("no Chromium on PATH: apt-get install chromium-headless-shell")
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        # Playwright would switch off what people's browsers have: pages kept for the back button.
        browser = playwright.chromium.launch(
            executable_path=path,
            args=_FLAGS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(lodge: tuple[Flask, Cleaner]) -> Iterator[Site]:
    """The run's application, served."""
    with serve(lodge[0]) as site:
        yield site


@pytest.fixture
def site(app: Flask, server: Site) -> Iterator[Site]:
    """The server, with nothing in its database; it has nothing to do when the test ends."""
    yield server
    server.settle()


@pytest.fixture
def window(chromium: Browser, app: Flask, site: Site) -> Iterator[OpenWindow]:
    """`window()`: another person's browser. At the end none of them has seen a fault."""
    opened: list[Window] = []

    def another(**options: object) -> Window:
        opened.append(open_window(chromium, app, site.url, **options))
        return opened[-1]

    yield another
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.context.close()
    assert not faults
