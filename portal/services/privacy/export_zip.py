"""The export of personal data as a ZIP stream of any size.

JSON files, attachments unchanged, and a README. Reads only; the caller decides who may have it.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from portal import clock
from portal.i18n import force_locale
from portal.i18n import gettext as _
from portal.isolation import attempt
from portal.models.people import Actor
from portal.models.people.person import Person
from portal.models.tickets.ticket import format_number
from portal.queries.audience import Audience
from portal.queries.paging import AnyRow
from portal.queries.privacy import personal_data
from portal.queries.tickets import serializers
from portal.queries.tickets.lists.ticket_rows import TicketRow
from portal.storage import Storage

_BATCH = 50
_CHUNK = 256 * 1024
_NAME = 100


class Piece(NamedTuple):
    """Some bytes of the archive, and the progress in percent."""

    percent: int
    data: bytes


def pieces(actor: Actor, ids: Sequence[int], storage: Storage) -> Iterator[Piece]:
    """The whole archive as a stream. `ids` are of the tickets to include."""
    buffer = _Buffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        _write_account(archive, actor)
        yield Piece(1, buffer.take())
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            percent = 1 + 98 * (start + len(batch)) // len(ids)
            for _step in _write_tickets(archive, batch, actor, storage):
                yield Piece(percent, buffer.take())
    yield Piece(99, buffer.take())


class _Buffer:
    """A write-only file object that cannot seek."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """Bytes written since the last call."""
        data = bytes(self._data)
        self._data.clear()
        return data


def _write_account(archive: zipfile.ZipFile, actor: Actor) -> None:
    with force_locale(actor.locale, actor.timezone):
        _add(archive, "README.txt", _readme())
    for name, read in (
        ("profile", personal_data.profile),
        ("organization", personal_data.organization),
        ("second_factors", personal_data.second_factors),
        ("activity", personal_data.activity),
    ):
        _add(archive, f"{name}.json", _json(read(actor)))
    for name, rows in personal_data.rows(actor):
        _add(archive, f"{name}.json", _json(rows))


def _readme() -> bytes:
    lines = (
        _("This is a copy of everything that this support desk keeps about you."),
        _("profile.json, organization.json: who you are here, and where you belong."),
        _("sessions.json, second_factors.json: how you sign in, without secrets."),
        _("programs.json, api_keys.json: what works in your name, without secrets."),
        _("activity.json: what happened to your account, every sign-in included."),
        _("invitations.json, privacy_requests.json: whom you invited, what you asked for."),
        _("drafts.json: what you have begun to write and have not sent."),
        _("model_calls.json: what you have asked a language model to write, and when."),
        _("participations.json: in which tickets of others you take part."),
        _("read_tickets.json: as staff, up to which message you have read each ticket."),
        _("saved_views.json: your views of the queue."),
        _("saved_replies.json: your saved replies and macros."),
        _("statistics_by_mail.json: of which tickets you are mailed the statistics."),
        _("notifications.json: what pages told you of, for staff."),
        _("scheduled_answers.json, unsent_files.json: what you have sent and has not left yet."),
        _("notes_about_you.json: what staff have written down about you."),
        _("mails_received.json: which mails came from you, and what became of them."),
        _("mails_returned.json: which mails to you came back from your mail server."),
        _("tickets: a file for each ticket, with what was said; attachments are beside it."),
    )
    return "\r\n".join([*lines, ""]).encode()


def _write_tickets(
    archive: zipfile.ZipFile, ids: Sequence[int], actor: Actor, storage: Storage
) -> Iterator[None]:
    """Add tickets and their files; yields after each addition."""
    said, rated, files = defaultdict(list), defaultdict(list), defaultdict(list)
    for file in personal_data.attachments(ids):
        files[file.comment_id].append(file)
    for comment in personal_data.comments(ids):
        said[comment.ticket_id].append(_comment(comment, files[comment.id], actor))
    for rating in personal_data.ratings(ids):
        rated[rating.ticket_id].append(_rating(rating))
    for ticket in personal_data.tickets(actor, ids):
        talk = {"comments": said[ticket.id], "ratings": rated[ticket.id]}
        content = {**_ticket(ticket, actor), **talk}
        _add(archive, f"tickets/{format_number(ticket.id)}.json", _json(content))
        yield
    for of_comment in files.values():
        for file in of_comment:
            yield from _copy(archive, file, storage)


def _ticket(row: TicketRow, actor: Actor) -> dict[str, Any]:
    return {
        **serializers.ticket(row, Audience.ARCHIVE),
        # Written for human readers.
        "requester": _person(row, "requester_", actor),
        "organization": row.organization_name,
    }


def _comment(row: AnyRow, files: Sequence[AnyRow], actor: Actor) -> dict[str, Any]:
    attached = [
        {**serializers.attachment(file, Audience.ARCHIVE), "path": _path(file)} for file in files
    ]
    author = _person(row, "author_", actor)
    return serializers.comment(row, Audience.ARCHIVE, author=author, attachments=attached)


def _rating(row: AnyRow) -> dict[str, Any]:
    return {
        "rating": row.data["to"],
        "comment": row.data["comment"],
        "created_at": row.created_at,
    }


def _person(row: Any, prefix: str, actor: Actor) -> dict[str, Any]:
    person = Person.of(row, prefix)
    return {"id": person.number, "name": person.name, "you": person.id == actor.id}


def _path(file: AnyRow) -> str:
    """A safe path within the ticket's folder, wherever it is unpacked.

    The end of the name is kept, for its extension; the id makes it unique.
    """
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in file.filename)[-_NAME:]
    return f"tickets/{format_number(file.ticket_id)}/{file.id}-{safe}"


def _copy(archive: zipfile.ZipFile, file: AnyRow, storage: Storage) -> Iterator[None]:
    """Add a file uncompressed: most are compressed already."""
    source = attempt("attachment", lambda _id: storage.open(file.storage_key), file.id)
    if source is None:
        return  # the file is lost; its name is still with the comment
    with source, archive.open(_entry(_path(file)), "w") as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)
            yield


def _add(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    archive.writestr(_entry(path), data, zipfile.ZIP_DEFLATED)


def _entry(path: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(path, clock.now().timetuple()[:6])


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no place in an export")
    return value.isoformat().replace("+00:00", "Z")
