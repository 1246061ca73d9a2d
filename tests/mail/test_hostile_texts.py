"""All mails, with something hostile in each text that people can write into a mail's rows.

The mails are found in the folder of templates, the texts by the types of columns, so that neither
a new mail nor a new column can be forgotten.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import String, inspect

from portal import i18n
from portal.mail.failures import PermanentFailure
from portal.mail.message import FIELDS, Message
from portal.mail.messages import compose
from portal.mail.outgoing import OutgoingMail
from portal.mail.safe_names import safe_name
from portal.mail.transport import open_transport
from portal.models.base import Model
from tests.mail.outgoing import (
    READERS,
    TEMPLATES,
    desk,
    mailed_report,
    outgoing_mail,
    part,
    received,
)
from tests.smtp_sink import sink
from tests.waiting import PATIENCE

pytestmark = pytest.mark.threat("headers made of text")

DESK = desk()
HOSTILE = (
    "=?utf-8?q?a=0D=0A=0D=0AText?=",
    "=?utf-8?q?a=0AX:y?=",
    "=?utf-8?q?a=00b=1B[31m?=",
    "=?utf-8?b?YQ0KQmNjOiBldmVAZXZpbC5leGFtcGxl?=",
    "=?utf-8?q?=ED=A0=80?= =?nonsense?x?a?=",
    "a\r\nBcc: eve@evil.example\r\n\r\nText",
    "a\nb\rc\0d\x1b[31me\x0bf\x0cg\x85h\u2028i\u2029j",
    "\ud800 \udfff \ufeff \ufffe",
    "\u202egnp.\u2066exe\u2069 \u200f",
    "eve@evil.example, <eve@evil.example>",
    '"a\\" <eve@evil.example> (',
    "Subject: x; charset=utf-7",
    "x" * 10_000,
    "ё" * 10_000,
    "a " * 5_000,
    ".\r\n.\r\nQUIT\r\n",
    "{{ 7 * 7 }} %(name)s {0} $x",
)
# Addresses as a form would take them that knew no better: ASCII, and read as something else.
HOSTILE_ADDRESSES = (
    "=?utf-8?q?bob=40evil.example?=@example.com",
    "ann@example.com\r\nBcc: eve@evil.example",
    "ann@example.com, eve@evil.example",
    "ann@example.com>\r\nRCPT TO:<eve@evil.example",
    "анна@example.com",
    "a" * 65 + "@example.com",
    "ann",
    "",
)
# Words of ours in columns of text: never typed by anybody.
OURS = {"template", "message_id", "state", "role", "organization_role", "status", "purpose", "kind"}
OURS |= {"every", "query"}
NO_TEXT = {"renderer_version", "lease", "error", "request_id", "password_hash", "totp_secret"}
# A field is what it is in the mail's rows; what it holds is put there by a function.
Put = Callable[[OutgoingMail, str], None]


def rows(made: OutgoingMail) -> Iterator[tuple[str, Model]]:
    for field in fields(made):
        value = getattr(made, field.name)
        for number, one in enumerate(value if isinstance(value, tuple) else (value,)):
            name = f"{field.name}.{number}" if isinstance(value, tuple) else field.name
            if isinstance(one, Model):
                yield name, one
            elif is_dataclass(one):
                held = ((f"{name}.{f.name}", getattr(one, f.name)) for f in fields(one))
                yield from (pair for pair in held if isinstance(pair[1], Model))


@cache
def places(template: str) -> dict[str, Put]:
    """Every text of the mail that people decide about, but for addresses."""
    found: dict[str, Put] = {}
    made = outgoing_mail(template)
    for name, row in rows(made):
        for column in inspect(type(row)).columns:
            key = column.key
            if isinstance(column.type, String) and key not in OURS | NO_TEXT | {
                "email",
                "recipient",
            }:
                found[f"{name}.{key}"] = _putter(name, key)
    for key in made.row.data:
        if key != "kind":
            found[f"data.{key}"] = lambda mail, text, key=key: mail.row.data.update({key: text})
    return found


def _putter(name: str, key: str) -> Put:
    return lambda made, text: setattr(dict(rows(made))[name], key, text)


def hostile(template: str, **texts: str) -> OutgoingMail:
    """A mail with those texts in those places."""
    made = outgoing_mail(template)
    made.row.data = dict(made.row.data)
    for place, text in texts.items():
        places(template)[place](made, text)
    return made


def speak(made: OutgoingMail, locale: str) -> None:
    """Whoever gets the mail reads that language."""
    made.row.data = {**made.row.data, "locale": locale}
    inviter = made.invitation.inviter if made.invitation else None
    asker = made.domain.asker if made.domain else None
    for person in (made.reader, made.registration, inviter, asker):
        if person is not None:
            person.locale = locale


def cleaned(text: str) -> str:
    """What a header shows of it: no controls, no line breaks, no turning, 200 characters."""
    turning = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    bare = (c for c in text if c not in turning)
    kept = (
        " " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c == "\ufeff" else c
        for c in bare
    )
    return " ".join("".join(kept).split())[:200].strip()


def check(message: Message, *, to: str = "ann@example.com") -> None:
    """The bytes are one mail to one person, whatever stands in it."""
    head, _, body = message.data.partition(b"\r\n\r\n")
    names = re.findall(rb"(?m)^([^ \t:\r\n]+): ", head)
    assert len(names) == len(set(names))
    assert {name.decode() for name in names} <= set(FIELDS)
    assert re.fullmatch(rb"(?:[ -~]+\r\n)*[ -~]+", head)
    assert not re.search(rb"[^\t\r\n -~]|\r[^\n]|[^\r]\n", body)
    assert message.recipient == to
    for reader in READERS.values():
        assert reader(message.data)["To"] == to
        assert reader(message.data)["From"] == "Acme Support <support@example.com>"
        assert reader(message.data)["Bcc"] is None
    assert [p.get_content_type() for p in received(message).iter_parts()] == [
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_text_of_any_row_makes_a_header(template: str) -> None:
    for first in range(len(HOSTILE)):
        # In the end each text was in each place, never the same in two at once.
        texts = {
            place: HOSTILE[(first + number) % len(HOSTILE)]
            for number, place in enumerate(places(template))
        }
        check(compose(hostile(template, **texts), DESK))


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_text_breaks_a_mail_in_any_language(template: str, locale: str) -> None:
    made = hostile(template, **dict(zip(places(template), cycle(HOSTILE), strict=False)))
    speak(made, locale)
    message = compose(made, DESK)
    check(message)
    assert f'lang="{locale}"' in part(message, "html")


@pytest.mark.parametrize("template", TEMPLATES)
def test_both_parts_say_the_same_of_every_text(template: str) -> None:
    """A text that people decide about is in the page if it is in the text or the subject."""
    words = {place: f"word{number}word" for number, place in enumerate(places(template))}
    message = compose(hostile(template, **words), DESK)
    subject = str(READERS["default"](message.data)["Subject"])
    page = part(message, "html")
    shown, said = (
        {place for place, word in words.items() if word in text}
        for text in (page, part(message) + subject)
    )
    assert shown == said


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_report_is_narrowed_to_is_shown_as_a_name(name: str) -> None:
    known = mailed_report(names={"organization": name})
    for report in (known, replace(known, report=None)):
        message = compose(outgoing_mail("statistics_report", report=report), DESK)
        check(message)
        assert safe_name(name) in part(message)


@pytest.mark.parametrize("template", TEMPLATES)
@settings(max_examples=5)
@given(data=st.data())
def test_no_texts_together_make_a_header(template: str, data: st.DataObject) -> None:
    any_text = st.text(max_size=300) | st.sampled_from(HOSTILE)
    drawn = {place: data.draw(any_text, label=place) for place in places(template)}
    check(compose(hostile(template, **drawn), DESK))


@pytest.mark.parametrize("template", [t for t in TEMPLATES if "ticket.subject" in places(t)])
@settings(max_examples=5)
@given(text=st.text(max_size=250) | st.sampled_from(HOSTILE))
def test_a_subject_is_read_as_it_was_typed(template: str, text: str) -> None:
    plain, typed = (
        [
            reader(compose(hostile(template, **texts), DESK).data)["Subject"]
            for reader in READERS.values()
        ]
        for texts in ({}, {"ticket.subject": text})
    )
    before = plain[0].partition("No hot water")[0]
    assert typed == [f"{before}{cleaned(text)}"[:200].strip()] * 2


@pytest.mark.parametrize("template", [t for t in TEMPLATES if "author.first_name" in places(t)])
@settings(max_examples=5)
@given(text=st.text(min_size=1, max_size=100) | st.sampled_from(HOSTILE))
def test_a_name_is_read_as_it_was_typed(template: str, text: str) -> None:
    assert cleaned(text) in part(compose(hostile(template, **{"author.first_name": text}), DESK))


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES, ids=ascii)
@pytest.mark.parametrize("template", TEMPLATES)
def test_an_address_that_mail_cannot_carry_gets_none(template: str, address: str) -> None:
    made = outgoing_mail(template)
    made.row.recipient = address
    if made.reader is not None:
        made.reader.email = address
    with pytest.raises(PermanentFailure, match="cannot be addressed") as failed:
        compose(made, DESK)
    assert "\n" not in str(failed.value)


def test_a_mail_server_gets_the_very_bytes() -> None:
    sent = []
    with sink() as server:
        transport = open_transport(f"smtp://127.0.0.1:{server.port}?tls=0")
        for text, template in zip(HOSTILE, cycle(TEMPLATES), strict=False):
            message = compose(hostile(template, **dict.fromkeys(places(template), text)), DESK)
            transport.send(message, within=PATIENCE)
            sent.append(message)
        taken = server.envelopes
    assert [envelope.content for envelope in taken] == [message.data for message in sent]
    assert {(e.mail_from, *e.rcpt_tos) for e in taken} == {
        ("support@example.com", "ann@example.com")
    }
