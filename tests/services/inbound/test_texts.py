"""The words of a mail as a comment."""

from email.message import EmailMessage

import pytest
from flask.ctx import AppContext

from portal.mail_parsing.message import parse
from portal.services.inbound.texts import words_of
from tests.inbound.mails import mail


def invited(*lines: str, method: str = "REQUEST") -> EmailMessage:
    made = mail(text="Please come.")
    event = ["BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", "SUMMARY:Visit", *lines]
    calendar = "\r\n".join([*event, "END:VEVENT", "END:VCALENDAR"])
    made.add_alternative(calendar, subtype="calendar")
    return made


def first_line(made: EmailMessage, locale: str = "en") -> str:
    return words_of(parse(made.as_bytes()), locale).message.partition("\n")[0]


BERLIN = "TZID=Europe/Berlin:20261203"
TIMES = {
    "from, until and zone": (
        (f"DTSTART;{BERLIN}T100000", f"DTEND;{BERLIN}T110000"),
        "Dec 3, 2026, 10:00–11:00 Europe/Berlin",
    ),
    "over midnight": (
        ("DTSTART:20261203T233000Z", "DURATION:PT1H"),
        "Dec 3, 2026, 23:30 – Dec 4, 2026, 00:30 UTC",
    ),
    "a whole day": (("DTSTART;VALUE=DATE:20261203",), "Dec 3, 2026"),
    "again": (("DTSTART:20261203T100000", "RRULE:FREQ=WEEKLY"), "Dec 3, 2026, 10:00, repeats"),
    "backwards": (("DTSTART:20261203T100000", "DTEND:20261203T090000"), "Dec 3, 2026, 10:00"),
    # An end in another zone would be taken for one in the same.
    "two zones": (
        (f"DTSTART;{BERLIN}T100000", "DTEND:20261203T020000Z"),
        "Dec 3, 2026, 10:00 Europe/Berlin",
    ),
}


@pytest.mark.parametrize(("lines", "said"), TIMES.values(), ids=TIMES)
def test_an_invitation_says_when_it_is(
    context: AppContext, lines: tuple[str, ...], said: str
) -> None:
    assert first_line(invited(*lines)) == f"Invitation: Visit, {said}"


@pytest.mark.parametrize("wrong", ["20261345T100000", "tomorrow", "2026-12-03", "20261203T1000"])
def test_a_time_that_is_none_is_left_out(context: AppContext, wrong: str) -> None:
    assert first_line(invited(f"DTSTART:{wrong}")) == "Invitation: Visit"


def test_what_is_called_off_or_answered_says_so(context: AppContext) -> None:
    start = "DTSTART:20261203T100000Z"
    at = "Visit, Dec 3, 2026, 10:00 UTC"
    assert first_line(invited(start, method="CANCEL")) == f"Event cancelled: {at}"
    assert first_line(invited(start, "STATUS:CANCELLED")) == f"Event cancelled: {at}"
    assert first_line(invited(start, method="REPLY")) == f"Answer to an invitation: {at}"
    assert first_line(invited(start), "ru") == "Приглашение: Visit, 3 дек. 2026, 10:00 UTC"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data", "is encrypted"),
        ("application/pkcs7-mime; smime-type=signed-data", "inside its signature"),
    ],
)
def test_a_sealed_mail_says_why_it_has_no_words(context: AppContext, kind: str, said: str) -> None:
    raw = f"From: ann@example.com\nContent-Type: {kind}; name=smime.p7m\n\nMIAG\n".encode()
    assert said in words_of(parse(raw), "en").message
