"""A mail as it would look, about a ticket or a link that do not exist."""

from types import SimpleNamespace
from typing import Any

from portal import clock, mail_words
from portal.i18n import current_locale, format_moment, gettext
from portal.mail.conversation import MOMENT
from portal.mail.message_context import MailSettings
from portal.mail.safe_names import UNPRINTABLE
from portal.mail_words import OwnText


def sample(template: str, settings: MailSettings, text: OwnText | None) -> dict[str, str]:
    """Subject, text and HTML, in the language in force: with `text`, or with our words."""
    context = _context(settings)
    own = mail_words.fill(template, text, context) if text else None
    context["own"] = own
    parts = {
        part: UNPRINTABLE.sub(
            "", settings.environment.get_template(f"emails/{template}/{part}").render(context)
        )
        for part in ("subject.txt", "body.txt", "body.html")
    }
    subject = own.subject if own else " ".join(parts["subject.txt"].split())
    return {"subject": subject, "text": parts["body.txt"].strip(), "html": parts["body.html"]}


def _context(settings: MailSettings) -> dict[str, Any]:
    now = format_moment(clock.now(), MOMENT)
    number = "REQ000123"
    return {
        "desk": settings,
        "locale": current_locale(),
        "moment": now,
        "ticket": SimpleNamespace(number=number),
        "subject": gettext("A ticket"),
        "happened": gettext("%(name)s answered on ticket %(number)s.")
        % {"name": gettext("Somebody"), "number": number},
        "answers_come": True,
        "has_password": True,
        "solved": "solved",
        "link": f"{settings.base_url}/",
        "forgot_link": f"{settings.base_url}/auth/forgot",
        "until": now,
        "inviter": gettext("Somebody"),
        "organization": gettext("an organization"),
    }
