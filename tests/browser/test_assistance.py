"""What a language model writes comes into the composer as it comes, and can be stopped."""

import threading

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from portal.extensions import db
from portal.models.assistance import ModelCall
from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast
from tests.model_server import desk_with_model
from tests.waiting import wait_for

pytestmark = pytest.mark.databases("sqlite")


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(ModelCall.state)))


def test_a_draft_streams_into_the_composer_and_stopping_brings_ones_own_text_back(
    app: Flask, window: OpenWindow, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.file_ticket(app, cast.ann, "No hot water")
    with desk_with_model(app, monkeypatch) as fake:
        fake.pieces, fake.hold = ["Dear [NAME_1]", ", it is warm."], threading.Event()
        page = window().sign_in(cast.sam).go("/tickets/REQ000001").page
        message, menu = page.get_by_label("Message"), page.get_by_text("Language model").first
        message.fill("My own words")
        menu.click()
        page.get_by_role("button", name="Friendlier").click()
        expect(message).to_have_value("Dear [NAME_1]")
        page.get_by_role("button", name="Stop").click()
        expect(message).to_have_value("My own words")
        expect(message).to_be_focused()
        fake.hold.set()
        wait_for(lambda: states(app) == ["left"], "the end of the call")
        menu.click()
        page.get_by_role("button", name="Draft an answer").click()
        expect(message).to_have_value("Dear Ann Archer, it is warm.")
        expect(page.get_by_text("Written by a language model.")).to_be_visible()
