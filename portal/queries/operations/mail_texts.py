"""Reads of administrators' own words for mails."""

from sqlalchemy import select

from portal.extensions import db
from portal.mail_words import OwnText
from portal.models.operations import MailText


def find(template: str, locale: str) -> MailText | None:
    return db.session.get(MailText, (template, locale), populate_existing=True)


def own_text(template: str, locale: str) -> OwnText | None:
    """The words of a mail; None for ours."""
    row = find(template, locale)
    return None if row is None else OwnText(row.subject, row.heading, row.lead, row.action)


def all_texts() -> list[MailText]:
    return list(db.session.scalars(select(MailText).order_by(MailText.template, MailText.locale)))
