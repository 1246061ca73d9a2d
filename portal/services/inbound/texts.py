"""The words of a mail as a comment: subject, message, and what is folded below it."""

import re
from typing import NamedTuple

from portal import i18n
from portal.i18n import force_locale
from portal.i18n import gettext as _
from portal.mail_parsing.calendars import read_moment
from portal.mail_parsing.envelope import Head
from portal.mail_parsing.headers import storable
from portal.mail_parsing.parsed import Invitation, ParsedMail, Remark
from portal.security.text import clean
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.tickets import MAX_SUBJECT

# Quotes of a long exchange, and newsletters; all of it is in the raw mail.
_MAX_REST = 200_000
_MAX_HTML = 500_000
_MAX_PREVIEW = 10_000
_PREFIX = re.compile(
    r"(?:(?:re|aw|antw|sv|fwd?|wg|tr|rv|отв|пересл|на)(?:\[\d{1,3}\])?\s?:\s*)+", re.IGNORECASE
)


class Words(NamedTuple):
    """Cleaned text, ready to be stored."""

    subject: str
    message: str
    rest: str
    html: str


def words_of(mail: ParsedMail, locale: str) -> Words:
    """What the mail says; where it says nothing, a sentence in that language."""
    text = _clean(mail.text, multiline=True)
    with force_locale(locale):
        subject = _cut(_clean(_PREFIX.sub("", mail.subject, count=1), multiline=False), MAX_SUBJECT)
        lines = [*_invitation(mail), text.strip()]
        message = "\n\n".join(filter(None, lines)) or _instead_of_words(mail)
        rest = _clean(mail.rest, multiline=True)
        if len(message) > MAX_MESSAGE:
            rest = message[MAX_MESSAGE - 1 :] + rest
            message = f"{message[: MAX_MESSAGE - 1].rstrip()}…"
        return Words(
            subject or _("No subject"), message, rest[:_MAX_REST], storable(mail.html)[:_MAX_HTML]
        )


def subject_of(mail: ParsedMail | Head) -> str:
    """The subject as it was written, for lists of mails."""
    return _cut(_clean(mail.subject, multiline=False), MAX_SUBJECT)


def preview_of(mail: ParsedMail) -> str:
    """How its text begins, for whoever decides about it."""
    return _cut(_clean(mail.text, multiline=True).strip(), _MAX_PREVIEW)


def of_raw(raw: bytes) -> str:
    """The bytes of a mail that cannot be taken apart, as far as they are text."""
    return _cut(_clean(raw.decode("utf-8", "replace"), multiline=True).strip(), MAX_MESSAGE)


def _invitation(mail: ParsedMail) -> list[str]:
    event = mail.invitation
    if event is None:
        return []
    repeats = _("repeats") if event.recurs else ""
    facts = ", ".join(filter(None, (event.summary, _times(event), repeats, event.place)))
    if event.method == "CANCEL":
        return [_clean(_("Event cancelled: %(facts)s", facts=facts), multiline=False)]
    if event.method == "REPLY":
        return [_clean(_("Answer to an invitation: %(facts)s", facts=facts), multiline=False)]
    return [_clean(_("Invitation: %(facts)s", facts=facts), multiline=False)]


def _times(event: Invitation) -> str:
    """When it is, in the zone that it names: `Dec 3, 2026, 10:00–11:00 Europe/Berlin`."""
    start, end = read_moment(event.start), read_moment(event.end)
    if start is None:
        return ""
    day = i18n.long_day(start)
    if "T" not in event.start:
        return day
    until = ""
    if end is not None and end > start:
        same_day = end.date() == start.date()
        until = f"–{end:%H:%M}" if same_day else f" – {i18n.long_day(end)}, {end:%H:%M}"
    return f"{day}, {start:%H:%M}{until} {event.zone}".rstrip()


def _instead_of_words(mail: ParsedMail) -> str:
    if Remark.ENCRYPTED in mail.remarks:
        return _("This mail is encrypted. Its text cannot be read here.")
    if Remark.SIGNED in mail.remarks:
        return _("The text of this mail is inside its signature and cannot be read here.")
    if mail.files:
        return ", ".join(_clean(file.filename, multiline=False) for file in mail.files)[:1_000]
    return _("This mail has no text.")


def _clean(text: str, *, multiline: bool) -> str:
    return clean(storable(text), max_length=len(text) * 4 + 1, multiline=multiline)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
