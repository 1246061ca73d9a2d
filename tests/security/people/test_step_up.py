"""What is sensitive needs a fresh proof, by whichever door: at pages and by the API.

Both route tables are held against the verbs that they lead to. Then all of both is asked by people
whose proof is old, and by keys: nothing sensitive stands in any account's log afterwards.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import clock
from portal.api.authorization import Audience, EndpointSpec
from portal.errors import ProofNeeded
from portal.extensions import db
from portal.models.people import AccountEvent, KeyScope, Role, User
from portal.models.people import AccountEventKind as Kind
from portal.models.people.user import format_id
from portal.security.people import api_keys, jwt, refresh_tokens
from portal.security.people.step_up import FRESH, SENSITIVE_VERBS
from portal.services.people import users
from tests import factories
from tests.api.api_client import document
from tests.architecture import calls
from tests.architecture.matrix import ask, forms
from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.rows import Rows
from tests.architecture.matrix.world import CALLED, World
from tests.architecture.source import modules
from tests.cast import PASSWORD, Cast
from tests.databases import AnotherDatabase

pytestmark = [
    pytest.mark.threat("rules in the browser alone"),
    pytest.mark.databases("postgresql"),
]

# Who did one of these was there: it gives power, takes it, or takes everything away with it.
PROVEN = {
    Kind.CREDENTIAL_CHANGED,
    Kind.DELETION_ASKED,
    Kind.DISABLED,
    Kind.DOMAIN_ASKED,
    Kind.DOMAIN_CHANGED,
    Kind.EMAIL_CHANGE_ASKED,
    Kind.ENABLED,
    Kind.EXPORT_ASKED,
    Kind.EXPORT_FETCHED,
    Kind.INBOUND_FETCHED,
    Kind.INVITED,
    Kind.KEY_MADE,
    Kind.LEFT,
    Kind.MAILBOX_CHANGED,
    Kind.MERGED,
    Kind.MERGED_AWAY,
    Kind.MODEL_ALLOWED,
    Kind.MODEL_FORBIDDEN,
    Kind.ORGANIZATION_ROLE_CHANGED,
    Kind.ORGANIZATION_OPENED,
    Kind.ORGANIZATION_SHUT,
    Kind.PASSKEY_ADDED,
    Kind.PASSKEY_REMOVED,
    Kind.PLAN_CHANGED,
    Kind.PLAN_LIMITS_CHANGED,
    Kind.PASSWORD_CHANGED,
    Kind.NAMED_ROLE_CHANGED,
    Kind.RECOVERY_CODES_MADE,
    Kind.RIGHTS_CHANGED,
    Kind.ROLE_CHANGED,
    Kind.SECOND_FACTOR_OPTIONAL,
    Kind.SECOND_FACTOR_REQUIRED,
    Kind.SECOND_FACTOR_TAKEN,
    Kind.SESSIONS_ENDED,
    Kind.SESSION_ENDED,
    Kind.TABLE_EXPORT_ASKED,
    Kind.TABLE_EXPORT_FETCHED,
    Kind.TABLE_SCHEDULE_CHANGED,
    Kind.TABLE_SCHEDULE_MADE,
    Kind.TOTP_ADDED,
    Kind.TOTP_REMOVED,
    Kind.WEBHOOK_CHANGED,
}
UNPROVEN = {
    Kind.AWAY: "gives no power",
    Kind.BACK: "gives no power",
    Kind.DELETION_UNDONE: "changes nothing",
    Kind.DEPARTMENT_CHANGED: "gives no power",
    Kind.DOMAIN_CONFIRMED: "asked for with a proof, and the link shows who reads mail there",
    Kind.DOMAIN_REMOVED: "lets nobody in any more, and has to be quick",
    Kind.EMAIL_CHANGED: "asked for with a proof, and the link shows whose the address is",
    Kind.EMAIL_RESTORED: "the link shows whose the address is",
    Kind.EMAIL_CHANGE_UNDONE: "changes nothing",
    Kind.INBOUND_DECIDED: "reads what is kept, or leaves it aside",
    Kind.IMPORTED: "done by the operator, and gives no password",
    Kind.JOINED: "the link was mailed to this account",
    Kind.MAILS_CHANGED: "sends again what failed, or lets it go",
    Kind.MAIL_RESUMED: "gives no power",
    Kind.MAIL_STOPPED: "done by a job",
    Kind.MAIL_TEXT_CHANGED: "its links are not of the text",
    Kind.KEY_REVOKED: "takes the actor's own power, and has to be quick",
    Kind.NOTE_CHANGED: "gives no power",
    Kind.NOTE_DELETED: "gives no power",
    Kind.BULK_CHANGED: "work on tickets",
    Kind.BULK_UNDONE: "work on tickets",
    Kind.NOTE_WRITTEN: "gives no power",
    Kind.PASSWORD_RESET: "the link shows whose the address is",
    Kind.PROFILE_CHANGED: "gives no power",
    Kind.PSEUDONYMISED: "done by a job",
    Kind.RECOVERY_CODE_USED: "is a proof",
    Kind.REGISTERED: "opens an account",
    Kind.REPORT_ASKED: "is mailed to who may see it anyway",
    Kind.REPORT_ENDED: "gives no power",
    Kind.RESET_ASKED: "anybody may ask",
    Kind.SENDER_BLOCKED: "its mail waits, and is not lost",
    Kind.SENDER_UNBLOCKED: "gives no power",
    Kind.SETTING_CHANGED: "the dangerous ones ask by themselves",
    Kind.SIGNED_IN: "is a proof",
    Kind.SIGNED_OUT: "takes the actor's own power",
    Kind.SIGN_IN_FAILED: "changes nothing",
    Kind.TABLE_SCHEDULE_DELETED: "gives no power",
    Kind.TOKEN_REUSED: "ends a sign-in",
    Kind.TYPE_CHANGED: "gives no power",
    Kind.VERIFIED: "the link shows whose the address is",
}
# Switching a webhook or a mailbox on or off: where it leads was proven.
SWITCHES = {"switched_on", "switched_off"}


class Written(NamedTuple):
    """A request's answer, and what stands in the accounts' logs because of it."""

    status: int
    location: str
    body: bytes
    kinds: set[str]


class Credentials(NamedTuple):
    """An access token of a sign-in just now, and an API key."""

    token: str
    key: str


class Desk:
    """Asks one thing of pages and API; afterwards everything is as before."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.app, self.rows = world, world.app, rows
        people = {"owner": "ann", "user": "bob", "admin": "ada"}
        self.credentials = {role: self._credentials(name) for role, name in people.items()}
        with factories.writing(self.app):
            # The last one could not leave.
            factories.user("another.admin@example.com", role=Role.ADMIN)
        rows.keep()
        with self.app.app_context():
            self._last = db.session.scalar(select(func.max(AccountEvent.id))) or 0

    def page(self, role: str, question: Question, **fields: Any) -> Written:
        """What a person gets who does what the page says, but for `fields`."""
        rule, method = question
        browser = self.world.browsers[role]
        cookies = dict(browser.http._cookies or {})
        known = forms.fields(self.world, role, rule.endpoint)
        answer = browser.http.open(
            ask.path(self.world, role, rule),
            method=method,
            headers={"X-CSRFToken": self.world.csrf[role]},
            data=None if method == "GET" else {**known, **_instead(known, fields)},
        )
        browser.http._cookies = cookies
        return self._written(answer)

    def api(self, credential: str, call: "SensitiveCall") -> Written:
        """What a program gets."""
        path = call.path.format(**self.world.common, user=format_id(self.world.common["user_id"]))
        answer = self.app.test_client(use_cookies=False).open(
            f"/api/v1{path}",
            method=call.method,
            headers={"Authorization": f"Bearer {credential}"},
            buffered=True,
            **({} if call.body is None else {"json": call.body}),
        )
        return self._written(answer)

    def _credentials(self, name: str) -> Credentials:
        with factories.writing(self.app):
            email = f"{name}@example.com"
            user = db.session.scalars(select(User).where(User.email == email)).one()
            family, _text = refresh_tokens.start(user)
            _row, key = api_keys.issue(user, name="ERP", scope=KeyScope.WRITE, expires_at=None)
            token = jwt.issue(user_id=user.id, epoch=user.epoch, family_id=family.id)
        return Credentials(token, key)

    def _written(self, answer: TestResponse) -> Written:
        with self.app.app_context():
            events = db.session.execute(
                select(AccountEvent.kind, AccountEvent.data).where(AccountEvent.id > self._last)
            )
            kinds = {kind for kind, data in events if data.get("change") not in SWITCHES}
        self.rows.restore()
        shown = re.search('<a [^>]*href="(/account/confirm[^"]*)" target', answer.text)
        location = answer.headers.get("Location") or (shown[1] if shown else "")
        return Written(answer.status_code, location, answer.data, kinds)


def _instead(known: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in known}


@pytest.fixture(scope="module")
def desk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Desk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as made:
        yield Desk(*made)


ROLES = ("user", "owner", "admin")
# Somebody who sits at the browser of another does not know the password.
WRONG = {"password": "wrong", "old_password": "wrong"}
# What takes more than a form: an authenticator, a code, somebody who has a factor, or the
# other way of a switch.
BY_HAND = {
    Kind.ENABLED,
    Kind.MODEL_FORBIDDEN,
    Kind.ORGANIZATION_OPENED,
    Kind.PASSKEY_ADDED,
    Kind.SECOND_FACTOR_OPTIONAL,
    Kind.SECOND_FACTOR_TAKEN,
    Kind.TOTP_ADDED,
    Kind.TOTP_REMOVED,
}


def test_each_kind_of_line_in_an_account_s_log_is_proven_or_need_not_be() -> None:
    assert PROVEN | set(UNPROVEN) == set(Kind)
    assert not PROVEN & set(UNPROVEN)


def test_pages_do_nothing_sensitive_for_whoever_sits_at_a_browser_left_open(desk: Desk) -> None:
    views = desk.app.view_functions
    asked = [
        (rule, method)
        for rule, method in ask.questions(desk.app)
        if method != "GET" or getattr(views[rule.endpoint], "is_confirmed", False)
    ]
    questions = [(role, question) for role in ROLES for question in asked]
    fresh = [desk.page(*where) for where in questions]
    assert PROVEN - {kind for done in fresh for kind in done.kinds} == BY_HAND
    with clock.at(clock.now() + FRESH):
        stale = [desk.page(*where, **WRONG) for where in questions]
    assert not [where for where, left in zip(questions, stale, strict=True) if left.kinds & PROVEN]
    # Each leads to the page that asks. The forms that take the password say that it is wrong.
    answers = {
        left.location.partition("?")[0] or left.status
        for done, left in zip(fresh, stale, strict=True)
        if done.kinds & PROVEN
    }
    assert answers == {"/account/confirm", 422}


class SensitiveCall(NamedTuple):
    """Something sensitive that a program may ask for."""

    role: str
    method: str
    path: str
    body: dict[str, Any] | None = None


MEMBERS, DOMAINS = "/organizations/me/members", "/organizations/me/domains"
HOOK = "/webhooks/{webhook_id}"
SCHEDULES = "/admin/exports/schedules"
SENSITIVE_CALLS = [
    SensitiveCall("owner", "POST", MEMBERS, {"email": "third@example.com"}),
    SensitiveCall("owner", "PATCH", f"{MEMBERS}/{{user}}", {"role": "viewer"}),
    SensitiveCall("owner", "DELETE", f"{MEMBERS}/{{user}}"),
    SensitiveCall(
        "owner", "PATCH", "/organizations/me/credentials", {"name": "Bank", "secret": "y"}
    ),
    SensitiveCall("owner", "POST", DOMAINS, {"email": "postmaster@example.net"}),
    SensitiveCall("owner", "PATCH", f"{DOMAINS}/{{domain_id}}", {"role": "viewer"}),
    SensitiveCall("owner", "POST", "/webhooks", {"url": CALLED, "events": ["user.created"]}),
    SensitiveCall("owner", "PATCH", HOOK, {"events": ["user.created"]}),
    SensitiveCall("owner", "PATCH", HOOK, {"url": f"{CALLED}/2"}),
    SensitiveCall("owner", "POST", f"{HOOK}/secret"),
    SensitiveCall("owner", "DELETE", HOOK),
    SensitiveCall("owner", "POST", "/auth/api-key-reset", {}),
    SensitiveCall("owner", "POST", "/account/export-data"),
    SensitiveCall("user", "GET", "/account/exports/{request_id}"),
    SensitiveCall("admin", "POST", "/admin/requests/export"),
    SensitiveCall("admin", "GET", "/admin/exports/{table_export_id}"),
    SensitiveCall("admin", "POST", SCHEDULES, {"every": "week"}),
    SensitiveCall("admin", "PATCH", f"{SCHEDULES}/{{schedule_id}}", {"hour": 8}),
    SensitiveCall("user", "DELETE", "/account/me", {}),
    SensitiveCall("admin", "PATCH", "/users/{user}", {"role": "staff"}),
    SensitiveCall("admin", "PATCH", "/users/{user}", {"is_active": False}),
    SensitiveCall("admin", "DELETE", "/users/{user}"),
    SensitiveCall("admin", "DELETE", "/users/me"),
]


@pytest.mark.parametrize(
    "call", SENSITIVE_CALLS, ids=lambda call: f"{call.method} {call.path} {call.body}"
)
def test_programs_do_it_with_a_new_sign_in_and_with_nothing_else(
    desk: Desk, call: SensitiveCall
) -> None:
    token, key = desk.credentials[call.role]
    done = desk.api(token, call)
    assert done.status < 300 and done.kinds & PROVEN, done
    refused = [desk.api(key, call)]
    with clock.at(clock.now() + FRESH):
        refused.append(desk.api(token, call))
    for answer in refused:
        assert (answer.status, answer.kinds) == (403, set())
        assert b'"proof_needed"' in answer.body


@pytest.mark.parametrize("path", ["/auth/api-key-reset", "/account/me"])
def test_with_the_password_a_key_is_enough_where_the_endpoint_takes_it(
    desk: Desk, path: str
) -> None:
    call = next(call for call in SENSITIVE_CALLS if call.path == path)
    key = desk.credentials[call.role].key
    assert desk.api(key, call._replace(body={"password": PASSWORD})).kinds & PROVEN
    wrong = desk.api(key, call._replace(body={"password": "wrong"}))
    assert (wrong.status, wrong.kinds) == (422, {Kind.SIGN_IN_FAILED})


# The route tables.

EDGES = (
    "portal.account",
    "portal.admin",
    "portal.api",
    "portal.auth",
    "portal.tickets",
    "portal.webhook_pages",
)
# Forms that take the password and are sent with it each time.
ASK_THEMSELVES = {"account.change_email", "account.ask_deletion"}


@cache
def verbs(app: Flask) -> dict[str, set[str]]:
    """Endpoints that lead to sensitive verbs, with these."""
    sources = [m for m in modules("portal") if m.name.startswith((*EDGES, "portal.web."))]
    known = calls.graph(sources)
    views = {name: view for name, view in app.view_functions.items() if hasattr(view, "__name__")}
    return {
        name: found
        for name, view in views.items()
        if (found := calls.reached(f"{view.__module__}.{view.__name__}", known) & SENSITIVE_VERBS)
    }


def spec(app: Flask) -> dict[str, EndpointSpec]:
    return {
        name: view.spec  # type: ignore[attr-defined]
        for name, view in app.view_functions.items()
        if hasattr(view, "spec")
    }


def test_every_page_that_leads_to_a_sensitive_verb_asks_first(desk: Desk) -> None:
    silent = {
        name
        for name in verbs(desk.app)
        if not name.startswith("api.")
        and not getattr(desk.app.view_functions[name], "is_confirmed", False)
    }
    assert silent == ASK_THEMSELVES


def test_every_endpoint_that_leads_to_a_sensitive_verb_says_so_and_no_other(desk: Desk) -> None:
    told = {
        name
        for name, told in spec(desk.app).items()
        if told.needs_proof or ProofNeeded in told.fails
    }
    assert told == {name for name in verbs(desk.app) if name.startswith("api.")}


def test_what_programs_may_do_the_pages_ask_for_too(desk: Desk) -> None:
    doors = verbs(desk.app)
    pages = set().union(*(found for name, found in doors.items() if not name.startswith("api.")))
    assert pages == SENSITIVE_VERBS


def test_every_endpoint_that_says_so_has_been_tried(desk: Desk) -> None:
    tried = {(call.method, re.sub(r"{\w+}", "*", call.path)) for call in SENSITIVE_CALLS}
    said = {
        (method, re.sub(r"<[^>]*>", "*", rule.rule.removeprefix("/api/v1")))
        for rule in desk.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if (told := spec(desk.app).get(rule.endpoint))
        and (told.needs_proof or ProofNeeded in told.fails)
    }
    assert said == tried


def test_the_document_offers_no_key_where_none_is_taken(desk: Desk) -> None:
    for rule in desk.app.url_map.iter_rules():
        told = spec(desk.app).get(rule.endpoint)
        if told is None or told.audience is Audience.ANYONE:
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        operation = document(desk.app)["paths"][path][method.lower()]
        schemes = {name for scheme in operation["security"] for name in scheme}
        assert ("apiKey" in schemes) is not told.needs_proof


def test_whoever_speaks_for_nobody_signed_in_does_nothing_sensitive(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        ada = db.session.get_one(User, cast.ada.id).actor
        with pytest.raises(ProofNeeded):
            users.set_role(actor=ada, user=db.session.get_one(User, cast.bob.id), role=Role.ADMIN)
