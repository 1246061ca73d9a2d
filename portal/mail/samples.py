"""A mail as it would look, about a ticket, a link or a change that do not exist."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from jinja2 import Template
from markupsafe import Markup

from portal import clock, mail_words
from portal.i18n import current_locale, format_moment, gettext
from portal.mail.conversation import MOMENT
from portal.mail.message_context import MailSettings, tidy
from portal.mail.safe_names import UNPRINTABLE
from portal.mail.security_notices import NOTICES
from portal.mail_words import OwnText

# Beside these nothing is about a ticket.
_OF_TICKETS = frozenset(
    name for name, values in mail_words.VARIABLES.items() if "ticket.number" in values
)


class Sample(NamedTuple):
    """`examples` are the mail's variables with their values in it."""

    subject: str
    text: str
    html: str
    examples: list[tuple[str, str]]


def sample(
    name: str, settings: MailSettings, text: OwnText | None, frame: OwnText | None = None
) -> Sample:
    """The mail in the language in force, with `text` or our words, in `frame` or ours."""
    # The frame is shown around a mail.
    shown = "reply" if name == mail_words.LAYOUT else name
    context = sample_context(shown, settings)
    context["own"] = own = mail_words.fill(shown, text, context) if text else None
    context["frame"] = mail_words.fill_layout(frame, context) if frame else None
    parts = {
        part: UNPRINTABLE.sub(
            "",
            settings.environment.get_template(
                f"emails/{mail_words.template_of(shown)}/{part}"
            ).render(context),
        )
        for part in ("subject.txt", "body.txt", "body.html")
    }
    subject = own.subject if own else " ".join(parts["subject.txt"].split())
    examples = mail_words.examples(name, context)
    return Sample(subject, tidy(parts["body.txt"]), parts["body.html"], examples)


def our_words(name: str, settings: MailSettings) -> OwnText:
    """Our words of a mail in the language in force, with placeholders where its values stand."""
    if name == mail_words.LAYOUT:
        return OwnText("", "", "", "")
    context = sample_context(name, settings) | _PLACEHOLDERS
    folder = f"emails/{mail_words.template_of(name)}"
    get = settings.environment.get_template
    subject = get(f"{folder}/subject.txt").render(context)
    heading, lead, action = (
        _block(get(f"{folder}/{part}"), block, context)
        for part, block in (("body.html", "heading"), ("body.txt", "lead"), ("body.txt", "action"))
    )
    # What a report is compared with has no placeholder.
    lead = "" if "report" in name else lead
    return OwnText(" ".join(subject.split()), heading, lead, action.removesuffix(":"))


def _block(template: Template, block: str, context: dict[str, Any]) -> str:
    rendered = "".join(template.blocks[block](template.new_context(context)))
    return " ".join(str(Markup(rendered).unescape()).split())  # noqa: S704 - our own words


_PLACEHOLDERS: dict[str, Any] = {
    "desk": SimpleNamespace(name="{{desk.name}}", support_email="{{desk.email}}"),
    "ticket": SimpleNamespace(number="{{ticket.number}}"),
    "subject": "{{ticket.subject}}",
    "words": SimpleNamespace(span="{{period}}", before="", narrowed="", tiles=()),
    **{
        name: f"{{{{{name}}}}}"
        for name in (
            "about",
            "author",
            "domain",
            "happened",
            "inviter",
            "moment",
            "organization",
            "until",
        )
    },
}


def sample_context(name: str, settings: MailSettings) -> dict[str, Any]:
    """Everything that a mail can say, about nobody."""
    now, number = format_moment(clock.now(), MOMENT), "REQ000123"
    kind = name.removeprefix(mail_words.notice_name(""))
    somebody = gettext("Somebody")
    return {
        "desk": settings,
        "locale": current_locale(),
        "moment": now,
        "ticket": SimpleNamespace(number=number) if name in _OF_TICKETS else None,
        "subject": gettext("A ticket"),
        "happened": gettext("%(name)s answered on ticket %(number)s.")
        % {"name": somebody, "number": number},
        "author": somebody,
        "answers_come": True,
        "has_password": True,
        "solved": "solved",
        "link": f"{settings.base_url}/",
        "forgot_link": f"{settings.base_url}/auth/forgot",
        "until": now,
        "inviter": somebody,
        "organization": gettext("an organization"),
        "domain": "example.com",
        "notice": NOTICES.get(kind),
        **_report(settings),
        "about": "example.com",
        "from_address": "192.0.2.7",
        "device": "",
    }


def _report(settings: MailSettings) -> dict[str, Any]:
    """Of this week, in which nothing happened."""
    today = clock.now().date()
    week = f"{today - timedelta(days=6)} – {today}"
    words = SimpleNamespace(span=week, before=week, narrowed=gettext("All tickets"), tiles=())
    return {
        "words": words,
        "is_complete": True,
        "queue": f"{settings.base_url}/tickets/queue?",
        "stop_link": f"{settings.base_url}/",
    }
