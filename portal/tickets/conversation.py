"""What a page shows of a conversation: the newest messages, and a fold for those before them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from flask import request, url_for
from markupsafe import Markup

from portal import clock, i18n
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.people import Actor
from portal.models.people.person import name_of
from portal.models.tickets import Ticket
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.tickets import timeline
from portal.queries.tickets.timeline import MANY, TimelineRow
from portal.security import permissions
from portal.tickets import mail_lines
from portal.tickets.event_texts import event_text
from portal.tickets.participant_lines import ParticipantList
from portal.tickets.presenters import TimelineEntry, author_number, comment_entries
from portal.web.templating.fragment_cache import cached_rows

# More changes than these in a row are folded to one line.
_CHANGES_SHOWN = 3
_DAY = timedelta(days=1)


class Conversation(NamedTuple):
    """`timeline` is HTML. `folded` says what is older, and `earlier_url` shows it.

    `unread_to` is the comment up to which a member of staff has read now, 0 for nothing new.
    """

    timeline: Markup
    earlier_url: str | None = None
    folded: str = ""
    unread_to: int = 0


class Part(NamedTuple):
    """Which part of the conversation is asked for.

    `before`: what is older than that comment. `first`: from that comment on, since an open page
    shows it. With neither the newest.
    """

    before: int | None = None
    first: int | None = None

    @classmethod
    def of_request(cls) -> "Part":
        """Raises Invalid."""
        return cls(before=parse_id_cursor(request.args.get("before")))

    @classmethod
    def open_page(cls) -> "Part":
        """What the page that asks for an update shows. Raises Invalid."""
        return cls(first=parse_id_cursor(request.headers.get("X-Shown")))


class _Rows(NamedTuple):
    comments: Sequence[TimelineRow]
    changes: Sequence[TimelineRow]
    is_cut: bool


def conversation(
    actor: Actor,
    ticket: Ticket,
    head: AnyRow,
    part: Part,
    people: ParticipantList,
) -> Conversation:
    """`head` is the row of `queries.tickets.tickets.details`, `people` who takes part."""
    last_read = head.last_read or 0
    rows = _rows(actor, ticket, part, last_read)
    entries = _entries(actor, ticket, rows, part, has_files=head.has_files)
    entries = [_with_people(entry, people) for entry in entries]
    newest = rows.comments[0].id if rows.comments and part.before is None else 0
    if part.before is None:
        entries = _marked(entries, last_read, actor)
    shown = cached_rows("tickets/_timeline_entry.html", _with_days(_folded_changes(entries)))
    unread_to = newest if actor.is_staff and newest > last_read else 0
    if not rows.is_cut:
        return Conversation(shown, unread_to=unread_to)
    oldest = rows.comments[-1]
    earlier = url_for("tickets.show", number=ticket.number, before=oldest.id)
    return Conversation(shown, earlier, _folded_text(rows), unread_to)


def _with_people(entry: TimelineEntry, people: ParticipantList) -> TimelineEntry:
    """With a mark where somebody speaks first, and who of those in copy may still be added."""
    if not entry.is_comment:
        return entry
    left = [one for one in entry.in_copy if one not in people.addresses] if people.add_url else ()
    return entry._replace(is_new_voice=entry.id in people.first_comments, in_copy=tuple(left))


def _rows(actor: Actor, ticket: Ticket, part: Part, last_read: int) -> _Rows:
    size = timeline.PAGE if part.before or part.first else timeline.RECENT
    rows = _split(actor, ticket, part, size)
    first = part.first or 0
    if not (part.before or first) and rows.is_cut and rows.comments[-1].id > last_read > 0:
        # What is unread goes back further.
        rows, first = _split(actor, ticket, part, timeline.PAGE), last_read
    if not first:
        return rows
    shown = max(timeline.RECENT, sum(row.id >= first for row in rows.comments))
    is_cut = rows.is_cut or len(rows.comments) > shown
    return rows._replace(comments=rows.comments[:shown], is_cut=is_cut)


def _split(actor: Actor, ticket: Ticket, part: Part, size: int) -> _Rows:
    journeys = permissions.can_administer(actor)
    found = timeline.page(actor, ticket.id, before=part.before, size=size, journeys=journeys)
    comments = [row for row in found if row.is_comment]
    changes = [row for row in found if not row.is_comment]
    return _Rows(comments[:size], changes, len(comments) > size)


def _entries(
    actor: Actor, ticket: Ticket, rows: _Rows, part: Part, *, has_files: bool
) -> list[TimelineEntry]:
    comments = rows.comments
    mails = mail_lines.lines_of(actor, ticket, [*comments, *rows.changes])
    entries = comment_entries(actor, ticket, comments, mails, has_files=has_files)
    oldest = comments[-1].created_at if rows.is_cut else None
    newest = comments[0].created_at if part.before and comments else None
    for row in rows.changes:
        inside = (oldest is None or row.created_at >= oldest) and (
            newest is None or row.created_at <= newest
        )
        if inside and (text := event_text(actor, row)):
            entry = TimelineEntry(row.id, False, row.created_at, name_of(row), text=text)
            number, mailed = author_number(actor, row), mails.get((False, row.id), ())
            entries.append(entry._replace(author_number=number, mails=mailed))
    # Comments first at the same time: a reply comes before the status that it set.
    entries.sort(key=lambda entry: (entry.created_at, not entry.is_comment, entry.id))
    now = clock.now()
    return [entry._replace(ago=_ago(entry, now)) for entry in entries]


def _ago(entry: TimelineEntry, now: datetime) -> str:
    """How long ago it was; empty for what is older than a day, which has its time below its day."""
    if now - entry.created_at >= _DAY:
        return ""
    return _("%(time)s ago", time=i18n.ago(entry.created_at, now))


def _marked(entries: list[TimelineEntry], last_read: int, actor: Actor) -> list[TimelineEntry]:
    """With an anchor at the first comment that is unread, else at the newest; a line before it."""
    comments = [at for at, entry in enumerate(entries) if entry.is_comment]
    if not comments:
        return entries
    unread = [at for at in comments if actor.is_staff and entries[at].id > last_read]
    at = unread[0] if unread else comments[-1]
    marked = entries[at]._replace(is_anchor=True)
    # A line above all that is there would say nothing.
    is_line = bool(unread) and last_read > 0 and at != comments[0]
    line = [TimelineEntry(0, False, marked.created_at, "", is_line=True)] if is_line else []
    return [*entries[:at], *line, marked, *entries[at + 1 :]]


def _folded_changes(entries: list[TimelineEntry]) -> list[TimelineEntry]:
    """Many changes in a row become one entry that holds them."""
    found: list[TimelineEntry] = []
    for is_change, group in groupby(entries, lambda entry: bool(entry.text)):
        several = list(group)
        if not is_change or len(several) <= _CHANGES_SHOWN:
            found += several
            continue
        text = ngettext("%(num)d change", "%(num)d changes", len(several))
        found.append(several[0]._replace(text=text, mails=(), changes=tuple(several)))
    return found


def _with_days(entries: list[TimelineEntry]) -> list[TimelineEntry]:
    """With a line at the beginning of each day, in the reader's zone."""
    zone = i18n.current_timezone()
    today = clock.now().astimezone(zone).date()
    found: list[TimelineEntry] = []
    for day, group in groupby(entries, lambda entry: entry.created_at.astimezone(zone).date()):
        several = list(group)
        line = TimelineEntry(0, False, several[0].created_at, "", day=_day_text(day, today))
        found += [line, *several]
    return found


def _day_text(day: date, today: date) -> str:
    if day == today:
        return _("Today")
    return _("Yesterday") if day == today - _DAY else i18n.long_day(day)


def _folded_text(rows: _Rows) -> str:
    """`6 earlier messages, 3 changes`: what is older than the comments of the page."""
    parts = []
    oldest = rows.comments[-1]
    if number := oldest.total - len(rows.comments):
        text = _many(number)
        parts.append(
            ngettext("%(text)s earlier message", "%(text)s earlier messages", number, text=text)
        )
    # Where so many are read, there may be more of them.
    is_cut = len(rows.changes) == timeline.MOST_CHANGES
    number = sum(row.created_at < oldest.created_at for row in rows.changes)
    if number := MANY + 1 if is_cut else number:
        text = _many(number)
        parts.append(ngettext("%(text)s change", "%(text)s changes", number, text=text))
    return ", ".join(parts)


def _many(number: int) -> str:
    return f"{MANY}+" if number > MANY else str(number)
