"""Every page, in every state: for eyes, keyboards and screen readers, wide and narrow."""

from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.browser import axe, scenes
from tests.browser.conftest import OpenWindow
from tests.cast import Cast
from tests.databases import Database

LOCALES = {"sqlite": "en", "postgresql": "ru"}
NO_PAGES = {
    "account.products_csv",
    "account.products_xlsx",
    "account.download_export",
    "admin.download_table_export",
    "admin.inbound_raw",
    # Where a provider leads back to, which leads on.
    "admin.mailbox_connected",
    "admin.statistics_file",
    "favicon",
    "health",
    "metrics",
    "ready",
    "static",
    "tickets.colleagues",
    "tickets.download",
    "tickets.thumbnail",
    "tickets.next_ticket",
    "tickets.notification_bell",
    "tickets.previous_ticket",
    "tickets.quote",
    # In a frame of a page.
    "tickets.mail_frame",
    "tickets.view_counts",
    "tickets.find_requesters",
    "tickets.find_earlier",
    "tickets.watch",
    "tickets.watch_queue",
}
WHO = ["stranger", "carl", "bob", "ann", "sam", "ada"]


@pytest.fixture
def locale(database: Database) -> str:
    """Each language once: pages do not depend on the database, and a browser takes its time."""
    return LOCALES[database.name]


def test_every_page_is_looked_at(app: Flask):
    """A new page gets a scene in `tests/browser/scenes/`, by which all of this is tested."""
    addresses = app.url_map.bind("localhost")
    looked_at = {addresses.match(urlsplit(path).path)[0] for path in scenes.PATHS - {"/nothing"}}
    # The API has no pages but two, which are others' work: see test_api_docs.
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }
    assert pages - looked_at == NO_PAGES


@pytest.mark.parametrize("who", WHO)
def test_no_page_keeps_anybody_out(
    app: Flask, window: OpenWindow, cast: Cast, locale: str, who: str
):
    scenes.set_the_stage(app, cast, locale)
    plays = dict(getattr(scenes, who.upper()))
    if who == "sam":
        plays["conflict"] = scenes.conflict(app, cast)
    if who == "stranger":
        plays |= scenes.mailed(app, cast)
    sights = axe.SIGHTS[locale]
    # Where it is narrow no ticket opens beside the queue.
    someone = window(locale=locale, width=axe.WIDE if who == "sam" else sights[0].width)
    axe.bring(someone.context)
    if who != "stranger":
        someone.sign_in(getattr(cast, who))
    found = []
    for name, play in plays.items():
        play(someone)
        found += axe.faults(someone.page, name, sights)
    assert not found, "\n".join(found)
