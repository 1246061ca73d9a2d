"""Changes of an administrator's own words for mails."""

from portal import clock, mail_words
from portal.errors import Invalid
from portal.extensions import db
from portal.mail_words import OwnText
from portal.models.operations import MailText
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.operations import mail_texts as queries
from portal.security import permissions
from portal.services.people import account_log

MAX_LINE, MAX_LEAD, MAX_ACTION = 200, 4000, 80


def change(*, actor: Actor, template: str, locale: str, text: OwnText) -> None:
    """Let a mail have these words (cleaned text). Raises Forbidden, Invalid by field."""
    permissions.require(permissions.can_change_templates(actor))
    check(template, text)
    row = queries.find(template, locale)
    if row is None:
        row = MailText(template=template, locale=locale)
        db.session.add(row)
    row.subject, row.heading, row.lead, row.action = text
    row.changed_at = clock.now()
    _record(actor, template, locale)


def reset(*, actor: Actor, template: str, locale: str) -> bool:
    """Back to our words; returns whether there were others."""
    permissions.require(permissions.can_change_templates(actor))
    row = queries.find(template, locale)
    if row is None:
        return False
    db.session.delete(row)
    _record(actor, template, locale)
    return True


def check(template: str, text: OwnText) -> None:
    """Raises Invalid for what is missing, and for a name that the mail does not have."""
    wrong: dict[str, object] = {}
    needed = () if template == mail_words.LAYOUT else OwnText._fields
    for field, part in text._asdict().items():
        alone = OwnText(*(part if field == name else "" for name in OwnText._fields))
        if not part and field in needed:
            wrong[field] = "required"
        elif mail_words.unknown(template, alone):
            wrong[field] = "unknown_variable"
    if not any(text):
        wrong["heading"] = "required"
    if wrong:
        raise Invalid(**wrong)


def _record(actor: Actor, template: str, locale: str) -> None:
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.MAIL_TEXT_CHANGED,
        actor=actor,
        name=f"{template} ({locale})",
    )
