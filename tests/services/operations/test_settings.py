"""Settings that administrators change: what is refused, what is logged, and what falls back."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.ctx import AppContext

from portal import clock, i18n, setting_values
from portal.cli.checks import CHECKS
from portal.errors import Forbidden, Invalid, ProofNeeded, SettingsChanged
from portal.extensions import begin_write, db, forget_settings_version, setting
from portal.models.operations import SettingValue
from portal.models.people import AccountEvent, AccountEventKind
from portal.queries.operations import desk as desks
from portal.queries.operations import settings as queries
from portal.security.people import step_up
from portal.services.operations import settings
from portal.settings import chosen
from portal.settings.registry import SETTINGS
from portal.settings.setting import Kind
from tests.cast import Cast


def change(cast: Cast, texts: Mapping[str, str]) -> list[str]:
    begin_write()
    seen = queries.version() or ""
    changed = settings.change(actor=cast.ada, texts=texts, seen=seen)
    db.session.commit()
    return [spec.name for spec in changed]


def events() -> list[dict[str, Any]]:
    kind = AccountEvent.kind == AccountEventKind.SETTING_CHANGED
    return [
        row.data for row in db.session.query(AccountEvent).filter(kind).order_by(AccountEvent.id)
    ]


def test_what_is_chosen_holds_over_the_environment_and_is_logged(context: AppContext, cast: Cast):
    assert setting("PRODUCT").name == "Lodge"
    assert change(cast, {"PRODUCT_NAME": " Birch ", "MAIL_QUOTED_MESSAGES": "3"}) == [
        "PRODUCT_NAME",
        "MAIL_QUOTED_MESSAGES",
    ]
    assert (setting("PRODUCT").name, setting("MAIL_QUOTED_MESSAGES")) == ("Birch", 3)
    assert setting("PRODUCT").accent is None
    assert events() == [
        {"setting": "PRODUCT_NAME", "from": "Lodge", "to": "Birch"},
        {"setting": "MAIL_QUOTED_MESSAGES", "from": "0", "to": "3"},
    ]


def test_what_is_as_it_was_is_no_change(context: AppContext, cast: Cast):
    assert change(cast, {"PRODUCT_NAME": "Lodge", "UNDO_SEND_SECONDS": "0"}) == []
    assert queries.version() is None
    assert events() == []


def test_the_environments_value_holds_again(context: AppContext, cast: Cast):
    change(cast, {"PRODUCT_NAME": "Birch"})
    begin_write()
    assert settings.reset(actor=cast.ada, name="PRODUCT_NAME")
    assert not settings.reset(actor=cast.ada, name="PRODUCT_NAME")
    db.session.commit()
    assert setting("PRODUCT").name == "Lodge"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("PRODUCT_NAME", "x" * 41, "refused"),
        ("PRODUCT_NAME", "", "refused"),
        ("PRODUCT_ACCENT", "green", "refused"),
        ("PRODUCT_ACCENT", "#ffdd00", "pale"),
        ("MAIL_FROM", "nobody", "refused"),
        ("SUPPORT_EMAIL", "a@example.com\nBcc: b@example.com", "refused"),
        ("UNDO_SEND_SECONDS", "61", "refused"),
        ("UNDO_SEND_SECONDS", "9" * 5000, "refused"),
        ("REGISTRATION", "sometimes", "refused"),
        ("REGISTRATION_DOMAINS", "example.com,not a domain", "refused"),
        ("REQUIRE_SECOND_FACTOR", "everybody", "refused"),
        ("LANGUAGES", "", "refused"),
        ("LANGUAGES", "en,tlh", "refused"),
        ("ATTACHMENT_COUNT", "0", "refused"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field_and_nothing_is_done(
    context: AppContext, cast: Cast, name: str, text: str, code: str
):
    begin_write()
    texts = {"MAIL_QUOTED_MESSAGES": "3", name: text}
    with pytest.raises(Invalid) as refused:
        settings.change(actor=cast.ada, texts=texts, seen="")
    assert refused.value.details == {name.lower(): code}
    assert queries.stored() == []


def test_a_page_that_is_older_than_anothers_change_does_not_undo_it(
    context: AppContext, cast: Cast
):
    change(cast, {"PRODUCT_NAME": "Birch"})
    begin_write()
    with pytest.raises(SettingsChanged):
        settings.change(actor=cast.ada, texts={"PRODUCT_NAME": "Oak"}, seen="")


def test_staff_change_nothing(context: AppContext, cast: Cast):
    begin_write()
    with pytest.raises(Forbidden):
        settings.change(actor=cast.sam, texts={"PRODUCT_NAME": "Oak"}, seen="")
    with pytest.raises(Forbidden):
        settings.reset(actor=cast.sam, name="PRODUCT_NAME")


@pytest.mark.parametrize("name", [name for name, spec in SETTINGS.items() if spec.dangerous])
def test_what_opens_doors_or_deletes_needs_a_proof(context: AppContext, cast: Cast, name: str):
    texts = {
        "MAIL_FROM": "a@example.com",
        "SUPPORT_EMAIL": "a@example.com",
        "REGISTRATION": "open",
        "REGISTRATION_DOMAINS": "example.com",
        "REQUIRE_SECOND_FACTOR": "admin",
        "TICKET_RETENTION_DAYS": "9",
        "TRASH_RETENTION_DAYS": "9",
        "LOG_RETENTION_DAYS": "9",
        "AI_ORGANIZATIONS": "all",
    }
    later = clock.now() + step_up.FRESH
    begin_write()
    with clock.at(later), pytest.raises(ProofNeeded):
        settings.change(actor=cast.ada, texts={name: texts[name]}, seen="")


def test_a_row_that_no_longer_fits_falls_back_and_is_named(context: AppContext, cast: Cast):
    change(cast, {"PRODUCT_NAME": "Birch", "UNDO_SEND_SECONDS": "20"})
    begin_write()
    db.session.get_one(SettingValue, "UNDO_SEND_SECONDS").value = "soon"
    db.session.add(SettingValue(name="OF_A_NEWER_LODGE", value="1"))
    db.session.add(SettingValue(name="PRODUCT_LOGO", value="PNG", storage_key="0" * 32))
    desk = desks.find()
    assert desk
    desk.settings_version = "another"
    db.session.commit()
    forget_settings_version()
    assert setting("UNDO_SEND").total_seconds() == 0
    assert (setting("PRODUCT").name, setting("PRODUCT").logo) == ("Birch", None)
    assert sorted(chosen.problems()) == ["PRODUCT_LOGO", "UNDO_SEND_SECONDS"]
    said = [finding.text for finding in CHECKS["settings"]()]
    assert any(text.startswith("UNDO_SEND_SECONDS on the pages does not fit") for text in said)


def test_each_setting_reads_what_it_writes(context: AppContext, app: Flask):
    for spec in SETTINGS.values():
        value = spec.of(app.config)
        if spec.kind is not Kind.PICTURE:
            assert spec.write(spec.read_text(spec.write(value))) == spec.write(value), spec.name


def test_the_languages_are_those_of_the_catalogues():
    assert setting_values.LANGUAGES == i18n.LOCALES
    assert tuple(code for code, _name in SETTINGS["LANGUAGES"].choices) == i18n.LOCALES


def test_a_domain_is_taken_as_addresses_are_stored():
    read = SETTINGS["REGISTRATION_DOMAINS"].read_text
    assert read("Example.COM, @xn--e1aybc.example,example.com") == ["example.com", "тест.example"]
