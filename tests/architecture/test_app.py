"""Rules about the assembled application: guards, templates, names of jobs."""

import re
from importlib import import_module

import pytest
from flask import Flask

from portal.queueing import Job
from tests.page import Visitor

# What somebody who is not signed in may ask for. Everything else answers with a way to sign in.
PUBLIC = frozenset(
    {
        "/",
        "/api/docs",
        "/api/redoc",
        "/api/v1/auth/login",
        "/api/v1/auth/password-reset-confirm",
        "/api/v1/auth/password-reset-request",
        "/api/v1/auth/refresh",
        "/api/v1/auth/register",
        "/api/v1/auth/verify-email",
        "/api/v1/auth/verify-token",
        "/api/v1/openapi.json",
        "/auth/ask",
        "/auth/ask/preview",
        "/auth/ask/sent",
        "/auth/domains/<token>",
        "/auth/forgot",
        "/auth/invitations/<token>",
        "/auth/login",
        "/auth/login/code",
        "/auth/mails/<token>",
        "/auth/passkey",
        "/auth/passkey/options",
        "/auth/ratings/<token>",
        "/auth/register",
        "/auth/register/sent",
        "/auth/reports/<token>",
        "/auth/logout",
        "/auth/reset/<token>",
        "/auth/restore/<token>",
        "/auth/verify/<token>",
        "/favicon.ico",
        "/health",
        "/health/ready",
        "/help/",
        "/help/<chapter>/<name>",
        "/language",
        "/setup/<token>",
        "/static/<path:path>",
        "/theme",
    }
)

# Operators' programs on the same machine are no strangers.
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def guarded_rules(app: Flask) -> list[tuple[str, str]]:
    return sorted(
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule not in PUBLIC and method not in {"HEAD", "OPTIONS"}
    )


def test_every_route_that_is_not_public_refuses_a_stranger(app: Flask) -> None:
    stranger = Visitor(app)
    token = {"X-CSRFToken": stranger.csrf_token()}
    open_doors = []
    for rule, method in guarded_rules(app):
        path = re.sub(r"<[^>]*>", "1", re.sub(r"<number>", "REQ000001", rule))
        answer = stranger.http.open(path, method=method, headers=token, environ_overrides=ELSEWHERE)
        sent_to_sign_in = "/auth/login" in answer.headers.get("Location", "")
        if answer.status_code not in {401, 403, 404} and not sent_to_sign_in:
            open_doors.append((method, rule, answer.status_code))
    assert not open_doors


def test_every_public_address_exists(app: Flask) -> None:
    known = {rule.rule for rule in app.url_map.iter_rules()}
    assert known >= PUBLIC


def test_every_template_compiles(app: Flask) -> None:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


@pytest.mark.parametrize("job", Job, ids=str)
def test_every_job_name_leads_to_a_job(job: Job) -> None:
    module, _, function = str(job).rpartition(".")
    assert callable(getattr(import_module(module), function))
