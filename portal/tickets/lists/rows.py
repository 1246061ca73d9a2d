"""Rows of ticket lists as plain values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.people.actor import person_name
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow
from portal.queries.tickets import search
from portal.queries.tickets.search import Segments
from portal.queries.tickets.search.spellings import Leaf
from portal.tickets.lists.list_search import ListSearch
from portal.web.templating.fragment_cache import cached_rows


class ListRow(NamedTuple):
    """A ticket in a list; `assignee_name` is None for nobody."""

    id: int
    number: str
    subject: str
    status: str
    priority: int
    updated_at: datetime
    requester_name: str
    organization_name: str
    assignee_name: str | None
    # The subject with searched words marked, and where they stand in a message.
    marked: Markup | None = None
    excerpt: Markup | None = None


class FoundRow(NamedTuple):
    """A row that a search has found: the columns, and the pieces of subject and message."""

    row: AnyRow
    subject: Segments
    excerpt: Segments


def list_rows(template: str, found: ListSearch, *, staff: bool) -> Markup:
    """The rows of a list, each by `template`."""
    if not found.words:
        return cached_rows(template, found.page.rows, list_row)
    return cached_rows(template, found_rows(found.page.rows, found.words, staff=staff), found_row)


def draft_mark() -> Markup:
    """For the row of a ticket to which the reader has begun to write; not cached with it."""
    word = _("Draft")  # not found within an f-string
    return Markup('<span class="note-mark">{}</span> ').format(word)


def found_rows(rows: Sequence[AnyRow], words: tuple[Leaf, ...], *, staff: bool) -> list[FoundRow]:
    """`rows` of a list with the searched words, which may stand in a message alone."""
    searched = search.searched(words)
    subjects = [searched.line(row.subject) for row in rows]
    pairs = zip(rows, subjects, strict=True)
    unseen = [row.id for row, subject in pairs if not all(subject.fits)]
    excerpts = search.excerpts(unseen, searched, staff=staff)
    return [
        FoundRow(row, subject.segments, excerpts[row.id].segments if row.id in excerpts else ())
        for row, subject in zip(rows, subjects, strict=True)
    ]


def found_row(found: FoundRow) -> ListRow:
    """From a row that a search has found."""
    return list_row(found.row)._replace(
        marked=_marked(found.subject), excerpt=_marked(found.excerpt) if found.excerpt else None
    )


def _marked(segments: Segments) -> Markup:
    return Markup("").join(
        Markup("<mark>{}</mark>").format(text) if is_word else escape(text)
        for text, is_word in segments
    )


def list_text(name: object, context: Mapping[str, Any]) -> str:
    """What a list shows, in a few words: `Mine: 12 tickets`, and whether there are further pages.

    `context` has how many rows are `shown`, `first_url` and `next_url`, and whether the search was
    `mistaken`. Nothing is counted for it.
    """
    if context.get("mistaken") == "wrong":
        return _("Nothing was looked for")
    text = ngettext("%(num)d ticket", "%(num)d tickets", context["shown"])
    if context["first_url"]:
        text = _("%(tickets)s on this further page", tickets=text)
    if context["next_url"]:
        text = _("%(tickets)s, and more on the next page", tickets=text)
    return f"{name}: {text}."


def list_row(row: AnyRow) -> ListRow:
    """From the columns of `ticket_list.page`. Runs for each row of a hot page: keep it plain."""
    requester = person_name(row.requester_first_name, row.requester_last_name, row.requester_email)
    assignee = (
        person_name(row.assignee_first_name, row.assignee_last_name, row.assignee_email)
        if row.assignee_id is not None
        else None
    )
    return ListRow(
        row.id,
        format_number(row.id),
        row.subject,
        row.status,
        row.priority,
        row.updated_at,
        requester,
        row.organization_name,
        assignee,
    )
