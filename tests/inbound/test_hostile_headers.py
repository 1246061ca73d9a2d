"""Bytes in headers that no database stores: the mail is kept and read all the same.

A mailbox that is fetched waits for each mail to be kept, so one that is not would be its last.
"""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.inbound import InboundState, Mailbox
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import DESK, row, take_in

FIELDS = (
    "To",
    "Cc",
    "Delivered-To",
    "Reply-To",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Authentication-Results",
    "Auto-Submitted",
    "List-Id",
)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\xed\xa0\x80", b"a\0b"], ids=repr)
def test_a_mail_is_read_whatever_bytes_its_headers_have(
    app: Flask, cast: Cast, field: str, bad: bytes
) -> None:
    with writing(app):
        mailbox = Mailbox(address=DESK)
        db.session.add(mailbox)
        db.session.flush()
        mailbox_id = mailbox.id
    name = field.encode()
    header = b"From: ann@example.com\r\nSubject: A leak\r\n%s: <%s@example.org>" % (name, bad)
    [message_id] = take_in(app, header + b"\r\n\r\nIt drips.\r\n", mailbox_id=mailbox_id)
    found = row(app, message_id)
    assert (found.error, found.attempts) == (None, 1)
    assert found.state in {InboundState.DONE, InboundState.SUSPECTED}


@pytest.mark.parametrize("field", ["Final-Recipient", "Action", "Diagnostic-Code"])
def test_a_mail_that_came_back_is_read_whatever_bytes_its_report_has(
    app: Flask, cast: Cast, field: str
) -> None:
    with writing(app):
        db.session.add(Mailbox(address=DESK))
    fields = {
        "Final-Recipient": b"rfc822; ann@example.com",
        "Action": b"failed",
        "Status": b"5.1.1",
        "Diagnostic-Code": b"smtp; 550 no",
    }
    fields[field] += b" \xff\0"
    report = b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in fields.items())
    raw = (
        b"From: MAILER-DAEMON@example.com\r\nMessage-ID: <b@example.com>\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\n\r\n" + report + b"--b--\r\n"
    )
    [message_id] = take_in(app, raw)
    found = row(app, message_id)
    assert (found.error, found.state) == (None, InboundState.SUSPECTED)
