"""`POST /inbound`: a mail is kept before it is answered, by a key that opens nothing else."""

from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.inbound import InboundMessage, Mailbox
from portal.models.people import KeyScope
from tests.api.api_client import ApiClient, key_of, token_of
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import mail

MAIL = {"data": mail().as_bytes(), "content_type": "message/rfc822"}


def test_a_mail_is_kept_and_known_again(app: Flask, cast: Cast) -> None:
    with writing(app):
        db.session.add(Mailbox(address="sales@example.com"))
    program = ApiClient(app, key_of(app, cast.ada, KeyScope.INBOUND))
    first, again = (
        program.call("POST", "/inbound?recipient=sales@example.com", 202, **MAIL).json
        for _ in range(2)
    )
    assert (first["id"], first["is_new"], again["is_new"]) == (again["id"], True, False)
    with app.app_context():
        [message] = db.session.scalars(select(InboundMessage))
        assert db.session.get_one(Mailbox, message.mailbox_id).address == "sales@example.com"
        with app.extensions["lodge.storage"].open(message.storage_key) as raw:
            assert raw.read() == MAIL["data"]


def test_a_key_for_it_opens_nothing_else_and_no_other_key_opens_it(app: Flask, cast: Cast) -> None:
    for scope in (KeyScope.READ, KeyScope.WRITE):
        other = ApiClient(app, key_of(app, cast.ada, scope))
        assert other.call("POST", "/inbound", 403, **MAIL).code == "wrong_scope"
    narrow = ApiClient(app, key_of(app, cast.ada, KeyScope.INBOUND))
    assert narrow.call("GET", "/tickets", 403).code == "wrong_scope"
    assert narrow.call("POST", "/tickets", 403, json={}).code == "wrong_scope"


def test_only_admins_bring_mail_and_have_such_keys(app: Flask, cast: Cast) -> None:
    for person in (cast.ann, cast.sam):
        theirs = ApiClient(app, key_of(app, person, KeyScope.INBOUND))
        assert theirs.call("POST", "/inbound", 403, **MAIL).code == "forbidden"
    signed_in = ApiClient(app, token_of(app, cast.sam))
    wanted = {"scope": "inbound"}
    refused = signed_in.call("POST", "/auth/api-key-reset", 422, json=wanted)
    assert refused.errors == {"scope": ["unknown"]}


def test_what_is_no_mail_is_said(app: Flask, cast: Cast) -> None:
    program = ApiClient(app, key_of(app, cast.ada, KeyScope.INBOUND))
    program.call("POST", "/inbound", 415, json={"mail": "x"})
    program.call("POST", "/inbound?size=1", 422, **MAIL)
