"""An administrator's own words in a mail: placeholders of a fixed list, and nothing that runs.

They are replaced once, in one pass, by values that are escaped where the mail is HTML. A text that
names something its mail does not have is not used: the mail has our words then.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_.]{1,40})\s*\}\}")
_Value = Callable[[Mapping[str, Any]], object]

_OF_ALL: dict[str, _Value] = {
    "desk.name": lambda context: context["desk"].name,
    "desk.email": lambda context: context["desk"].support_email,
}
_OF_TICKETS: dict[str, _Value] = {
    **_OF_ALL,
    "ticket.number": lambda context: context["ticket"].number,
    "ticket.subject": lambda context: context["subject"],
}
_OF_ANSWERS: dict[str, _Value] = {**_OF_TICKETS, "happened": lambda context: context["happened"]}
_OF_COLLEAGUES: dict[str, _Value] = {**_OF_TICKETS, "author": lambda context: context["author"]}
_OF_LINKS: dict[str, _Value] = {**_OF_ALL, "until": lambda context: context["until"]}
_OF_ORGANIZATIONS: dict[str, _Value] = {
    **_OF_LINKS,
    "organization": lambda context: context["organization"],
}
_OF_NOTICES: dict[str, _Value] = {
    **_OF_ALL,
    "about": lambda context: context["about"],
    "moment": lambda context: context["moment"],
}
# Each mail with what its words can name, in the order of the page. Notices are `notice.<kind>`.
VARIABLES: dict[str, dict[str, _Value]] = {
    "ticket_filed": _OF_TICKETS,
    "reply": _OF_ANSWERS,
    "ticket_solved": _OF_ANSWERS,
    "participant_added": _OF_COLLEAGUES,
    "finish_registration": _OF_LINKS,
    "account_opened": _OF_LINKS,
    "already_registered": _OF_ALL,
    "reset_password": _OF_LINKS,
    "change_email": _OF_LINKS,
    "invitation": {**_OF_ORGANIZATIONS, "inviter": lambda context: context["inviter"]},
    "confirm_domain": {**_OF_ORGANIZATIONS, "domain": lambda context: context["domain"]},
    "account_deleted": _OF_ALL,
    "ticket_filed_staff": _OF_COLLEAGUES,
    "customer_reply": _OF_ANSWERS,
    "assigned": _OF_COLLEAGUES,
    "statistics_report": {**_OF_ALL, "period": lambda context: context["words"].span},
    "mentioned": _OF_COLLEAGUES,
}
# The frame of all mails: a line above, and paragraphs below.
LAYOUT = "layout"
_NOTICE, _NOTICES = "account_notice", "notice."


def mail_name(template: str, data: Mapping[str, Any]) -> str:
    """The mail whose words those of a row of the outbox are."""
    return f"{_NOTICES}{data['kind']}" if template == _NOTICE else template


def notice_name(kind: str) -> str:
    return f"{_NOTICES}{kind}"


def template_of(name: str) -> str:
    """The folder in `templates/emails` of a mail."""
    return _NOTICE if name.startswith(_NOTICES) else name


def variables_of(name: str) -> dict[str, _Value]:
    """What a mail's words can name; nothing for a mail that there is not."""
    if name == LAYOUT:
        return _OF_ALL
    return _OF_NOTICES if name.startswith(_NOTICES) else VARIABLES.get(name, {})


class OwnText(NamedTuple):
    """`lead` is in paragraphs, with empty lines between them."""

    subject: str
    heading: str
    lead: str
    action: str


class FilledText(NamedTuple):
    """What the frames in `templates/emails` show instead of our words."""

    subject: str
    heading: str
    lead: tuple[str, ...]
    action: str


class FilledLayout(NamedTuple):
    """What the frame shows: instead of the desk's name, and below our own last line."""

    header: str
    footer: tuple[str, ...]


def unknown(name: str, text: OwnText) -> list[str]:
    """What the text names and the mail does not have."""
    known = variables_of(name)
    named = [word for part in text for word in _PLACEHOLDER.findall(part)]
    return [word for word in dict.fromkeys(named) if word not in known]


def fill(name: str, text: OwnText, context: Mapping[str, Any]) -> FilledText | None:
    """The text with its values; None when it cannot be used for this mail."""
    filled = _filled(name, text, context)
    if filled is None or not all(filled):
        return None
    return FilledText(
        " ".join(filled.subject.split()), filled.heading, _paragraphs(filled.lead), filled.action
    )


def fill_layout(text: OwnText, context: Mapping[str, Any]) -> FilledLayout | None:
    """The same of the frame, whose line is a heading and whose paragraphs are a lead."""
    filled = _filled(LAYOUT, text, context)
    return FilledLayout(filled.heading, _paragraphs(filled.lead)) if filled else None


def _filled(name: str, text: OwnText, context: Mapping[str, Any]) -> OwnText | None:
    if unknown(name, text):
        return None
    values = variables_of(name)

    def value(found: re.Match[str]) -> str:
        return " ".join(str(values[found[1]](context)).split())

    try:
        return OwnText(*(_PLACEHOLDER.sub(value, part).strip() for part in text))
    except (KeyError, AttributeError):
        return None


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"\n\s*\n", text) if part.strip())


def examples(name: str, context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(variable, its value in `context`) of each."""
    return [(word, str(of(context))) for word, of in variables_of(name).items()]
