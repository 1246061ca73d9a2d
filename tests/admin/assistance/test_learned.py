"""`/admin/assistance`: what was learned, how good it is, and learning it anew."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.assistance import LearnedTicket
from tests import assistance_world as world
from tests.cast import Cast
from tests.page import Visitor

PAGE = "/admin/assistance"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def learned() -> int:
    return db.session.scalar(select(func.count()).select_from(LearnedTicket)) or 0


def test_precision_is_shown_for_each_label_with_its_cases(
    ada: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", world.ALL)
    assert "Nothing is learned yet." in ada.get(PAGE).words
    world.learned_desk(app, cast.ann)
    page = ada.get(PAGE)
    assert "60 solved tickets are learned." in page.words
    rows = {row.all("th")[0].text: row.text for row in page.all("tr") if row.all("td")}
    assert "20 of 20 100 %" in " ".join(rows["Billing"].split())
    assert {"Request", "Low", "invoice", "Доставка"} <= rows.keys()
    ada.post(f"{PAGE}/learn", {}, 303)
    with app.app_context():
        assert learned() == 0
        world.learn()
        assert learned() == 60


def test_what_is_suggested_is_chosen_on_a_page(ada: Visitor, app: Flask):
    assert "Nothing is learned: no suggestion" in ada.get(PAGE).words
    settings = "/admin/settings/assistance"
    seen = ada.get(settings).one("input", name="seen")["value"] or ""
    chosen = {"assistance_shown_from": "60", "assistance_acts_from": "95", "seen": seen}
    chosen |= {"ai_organizations": "chosen", "ai_tokens_a_day": "100000", "ai_seconds": "30"}
    names = {"assistance_suggestions": ["type", "tone"], "assistance_actions": ["type"]}
    ada.post(settings, {**chosen, **names}, 303)
    assert "Nothing is learned yet." in ada.get(PAGE).words
    seen = ada.get(settings).one("input", name="seen")["value"] or ""
    ada.post(settings, {**chosen, **names, "assistance_acts_from": "101", "seen": seen}, 422)


def test_only_who_changes_settings_sees_it(visit: Callable[[], Visitor], cast: Cast, ada: Visitor):
    visit().get(PAGE, 303)
    visit().sign_in(cast.ann).get(PAGE, 404)
    visit().sign_in(cast.sam).get(PAGE, 403)
    visit().sign_in(cast.sam).post(f"{PAGE}/learn", {}, 403)
    # Nothing is learned, so there is nothing to learn anew.
    ada.post(f"{PAGE}/learn", {}, 404)
    ada.get(f"{PAGE}/learn", 405)
