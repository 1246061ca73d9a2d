"""Secrets wait for the page that shows them: encrypted, in one browser, once, and not for long."""

from datetime import timedelta

import pytest
from flask import session

from portal import clock
from portal.web import shown_once
from tests.bare_app import bare_app


def test_what_is_kept_is_taken_once_and_nobody_reads_it_in_the_cookie():
    with bare_app().test_request_context():
        shown_once.keep("key", "robot", "lk_secret")
        assert "lk_secret" not in str(dict(session))
        assert shown_once.take("other") == []
        assert shown_once.take("key") == ["robot", "lk_secret"]
        assert shown_once.take("key") == []


def test_a_head_request_takes_nothing_from_the_page_that_follows():
    app = bare_app()
    with app.test_request_context(method="HEAD"):
        shown_once.keep("key", "lk_secret")
        assert shown_once.take("key") == []
        kept = dict(session)
    with app.test_request_context():
        session.update(kept)
        assert shown_once.take("key") == ["lk_secret"]


def test_what_nobody_looked_at_for_ten_minutes_is_not_shown():
    with bare_app().test_request_context():
        with clock.at(clock.now() - timedelta(minutes=10)):
            shown_once.keep("key", "lk_secret")
        assert shown_once.take("key") == []


@pytest.mark.parametrize("kept", ["", "x", "gAAAAA"])
def test_what_is_not_ours_is_nothing(kept: str):
    with bare_app().test_request_context():
        session["shown_once_key"] = kept
        assert shown_once.take("key") == []
