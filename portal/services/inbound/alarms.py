"""Tells administrators that mail does not come in any more, and that it comes again: each once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from portal import clock
from portal.bulk_statements import changed_one, insert_missing
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.inbound import MailAlarm
from portal.models.inbound.mail_alarm import READING, RECEIVING, mailbox_trouble
from portal.models.tickets import NotificationKind
from portal.queries.inbound.health import health
from portal.queries.people import users
from portal.services.delivery import mail_notifications
from portal.services.tickets import notifications

# A mailbox that was just switched on has not been fetched yet.
_SURE_AFTER = timedelta(minutes=2)
_NOTICES = {READING: NoticeKind.MAIL_NOT_READ, RECEIVING: NoticeKind.MAIL_NOT_TAKEN}
_UNFOLLOWED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class News:
    """What administrators have to be told of: a trouble, or its end.

    `address` is that of its mailbox. `is_last`: nothing is wrong any more.
    """

    trouble: str
    address: str
    is_end: bool = False
    is_last: bool = False


def look() -> list[News]:
    """Note what is wrong now; what is to be told since the last look, ends first."""
    troubles = {trouble["trouble"]: trouble for trouble in _troubles()}
    if troubles:
        insert_missing(MailAlarm, list(troubles.values()))
    alarms = list(db.session.scalars(select(MailAlarm).order_by(MailAlarm.trouble)))
    sure = clock.now() - _SURE_AFTER
    over = [alarm for alarm in alarms if alarm.trouble not in troubles]
    lasting = [alarm for alarm in alarms if alarm.trouble in troubles]
    return [
        *(News(a.trouble, a.address, is_end=True, is_last=not troubles) for a in over),
        *(News(a.trouble, a.address) for a in lasting if a.told_at is None and a.seen_at <= sure),
    ]


def tell(news: News) -> None:
    """Tell administrators once, although other workers may see the same at the same moment."""
    if news.is_end:
        _tell_end(news)
    else:
        _tell_trouble(news)


def _troubles() -> Iterator[dict[str, Any]]:
    """What is wrong, as rows of alarms."""
    found, now = health(), clock.now()
    for mailbox in found.silent:
        trouble = mailbox_trouble(mailbox.id)
        yield _row(trouble, mailbox.silent_since, mailbox.address)
    if found.is_unread:
        yield _row(READING, now - found.unread_for)
    if found.gone_since is not None:
        yield _row(RECEIVING, found.gone_since)


def _row(trouble: str, since: datetime, address: str = "") -> dict[str, Any]:
    return {"trouble": trouble, "since": since, "address": address, "seen_at": clock.now()}


def _tell_trouble(news: News) -> None:
    untold = (MailAlarm.trouble == news.trouble, MailAlarm.told_at.is_(None))
    if changed_one(update(MailAlarm).where(*untold).values(told_at=clock.now())):
        notice = _NOTICES.get(news.trouble, NoticeKind.MAIL_NOT_FETCHED)
        _tell(notice, NotificationKind.MAIL_STOPPED, news.address)


def _tell_end(news: News) -> None:
    """Whoever was told of the trouble is told of its end; by the bell when all of it is over."""
    ended = delete(MailAlarm).where(MailAlarm.trouble == news.trouble)
    told_at = db.session.scalar(ended.returning(MailAlarm.told_at).execution_options(**_UNFOLLOWED))
    if told_at is not None:
        bell = NotificationKind.MAIL_COMES_AGAIN if news.is_last else None
        _tell(NoticeKind.MAIL_COMES_AGAIN, bell, news.address)


def _tell(notice: NoticeKind, bell: NotificationKind | None, about: str) -> None:
    admins = users.admins()
    for admin in admins:
        mail_notifications.account_notice(admin, notice, about=about, tells_where=False)
    if bell is not None:
        notifications.desk_changed(bell, admins)
