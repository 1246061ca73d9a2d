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
    "happened": lambda context: context["happened"],
}
_OF_LINKS: dict[str, _Value] = {**_OF_ALL, "until": lambda context: context["until"]}
_OF_INVITATIONS: dict[str, _Value] = {
    **_OF_LINKS,
    "inviter": lambda context: context["inviter"],
    "organization": lambda context: context["organization"],
}
# The mails whose words may be others, with what they can name, in the order of the page.
VARIABLES: dict[str, dict[str, _Value]] = {
    "ticket_filed": {name: of for name, of in _OF_TICKETS.items() if name != "happened"},
    "reply": _OF_TICKETS,
    "ticket_solved": _OF_TICKETS,
    "finish_registration": _OF_LINKS,
    "reset_password": _OF_LINKS,
    "change_email": _OF_LINKS,
    "invitation": _OF_INVITATIONS,
}


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


def unknown(template: str, text: OwnText) -> list[str]:
    """What the text names and the mail does not have."""
    known = VARIABLES.get(template, {})
    named = [name for part in text for name in _PLACEHOLDER.findall(part)]
    return [name for name in dict.fromkeys(named) if name not in known]


def fill(template: str, text: OwnText, context: Mapping[str, Any]) -> FilledText | None:
    """The text with its values; None when it cannot be used for this mail."""
    if unknown(template, text) or not all(part.strip() for part in text):
        return None
    values = VARIABLES[template]

    def value(found: re.Match[str]) -> str:
        return " ".join(str(values[found[1]](context)).split())

    try:
        subject, heading, lead, action = (_PLACEHOLDER.sub(value, part).strip() for part in text)
    except (KeyError, AttributeError):
        return None
    return FilledText(" ".join(subject.split()), heading, tuple(_paragraphs(lead)), action)


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
