"""Mails whose reader did not ask for them say nothing that a stranger has made up.

Those are all about accounts, and those about tickets to somebody whose address nobody has proven.
"""

from typing import Any

import pytest

from portal.mail.messages import compose
from portal.mail.outgoing import OutgoingMail
from tests.mail.outgoing import OF_ACCOUNTS, READERS, TEMPLATES, desk, outgoing_mail, part, person
from tests.mail.test_hostile_texts import places

pytestmark = pytest.mark.threat("words for strangers")

DESK = desk()
BAIT = (
    "You won: https://evil.example/prize",
    "evil.example",
    "www.evil.example",
    "eve@evil.example",
    "Call +1 800 555 0199",
    "a\r\nb https://evil.example\r\n",
    "=?utf-8?q?evil=2Eexample?=",
    "[evil.example](https://evil.example)",
    "x" * 300,
)
SIGNS = ("evil.example", "evil=2Eexample", "eve@", "555 0199", "555", "x" * 61)


def unasked(template: str, **facts: Any) -> OutgoingMail:
    """The mail to somebody who did not act."""
    if template not in OF_ACCOUNTS:
        facts["reader"] = person(is_verified=False)
    made = outgoing_mail(template, **facts)
    made.row.data = dict(made.row.data)
    return made


def baited(template: str, text: str) -> OutgoingMail:
    made = unasked(template)
    for put in places(template).values():
        put(made, text)
    # What a person is called who has given no name.
    asker = made.domain.asker if made.domain else None
    for user in (made.author, made.invitation.inviter if made.invitation else None, asker):
        if user is not None:
            user.first_name = user.last_name = text
    return made


@pytest.mark.parametrize("text", BAIT, ids=ascii)
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_words_of_a_stranger_are_in_it(template: str, text: str) -> None:
    message = compose(baited(template, text), DESK)
    said = part(message) + part(message, "html")
    assert not [sign for sign in SIGNS if sign in said]


@pytest.mark.parametrize("template", TEMPLATES)
def test_its_subject_has_no_free_text(template: str) -> None:
    subjects = {
        reader(compose(made, DESK).data)["Subject"]
        for reader in READERS.values()
        for made in (unasked(template), *(baited(template, text) for text in BAIT))
    }
    assert len(subjects) == 1


@pytest.mark.parametrize("template", [t for t in TEMPLATES if t not in OF_ACCOUNTS])
def test_who_takes_part_reads_what_was_said(template: str) -> None:
    made = outgoing_mail(template, subject="Booking.com is down")
    message = compose(made, DESK)
    assert "Booking.com is down" in str(READERS["default"](message.data)["Subject"])
    if made.comment is not None:
        assert "boiler" in part(message)


def test_what_the_staff_say_is_no_strangers_word() -> None:
    staff = person(id=2, email="sam@example.com", first_name="Sam", last_name="", role="staff")
    text = part(compose(unasked("reply", author=staff), DESK))
    assert "The boiler is cold." in text
    assert "Sam answered on ticket REQ000007." in text
