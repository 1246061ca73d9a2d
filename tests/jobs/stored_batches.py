"""Batches of stored things: people's data, files, messages, the log of actions."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from redis import Redis
from rq import Queue
from sqlalchemy import update

from jobs.bulk import change_tickets
from jobs.exports import export_person
from jobs.parts import (
    assistance,
    files,
    indexing,
    logs,
    rendering,
    reports,
    statistics,
    thumbnails,
    waiting,
)
from jobs.parts import bulk as bulk_jobs
from jobs.parts import privacy as privacy_jobs
from jobs.parts import table_exports as table_jobs
from portal import clock, markdown
from portal.extensions import db, execute_on_logs
from portal.models.assistance import LearnedTicket, UnassistedTicket
from portal.models.delivery import Outbox
from portal.models.operations import Action, TableExport, TableExportState, TableKind
from portal.models.people import AccountEvent, AccountEventKind, User
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.models.statistics import TicketFact
from portal.models.tickets import (
    BulkAction,
    BulkChange,
    BulkChangeTicket,
    Comment,
    Priority,
    SearchDocument,
    SearchName,
    Thumbnail,
    Ticket,
)
from portal.queries.privacy import privacy_requests as privacy_queries
from portal.queries.statistics.narrowing import Narrowing
from portal.queueing import BACKLOG_QUEUE, QUEUE
from portal.rhythm import Every, Rhythm
from portal.services.assistance import acting, learning
from portal.services.operations import action_log, table_export_schedules, table_exports
from portal.services.operations.table_exports import Order
from portal.services.people import account_log
from portal.services.privacy import erase, privacy_requests
from portal.services.statistics import counting, facts, report_subscriptions
from portal.services.tickets import bulk
from portal.services.tickets import thumbnails as thumbnail_services
from portal.services.tickets import tickets as ticket_services
from portal.services.tickets.attachments import Upload
from portal.services.tickets.bulk import Chosen
from portal.storage import SHARDS, Folder
from tests import assistance_world, factories, pictures
from tests.jobs.batch import BatchCase, World

_DELETED = db.select(PrivacyRequest.id).where(PrivacyRequest.state == PrivacyState.DONE)


def missed_exports(world: World) -> BatchCase:
    """Three requested exports whose jobs the queue has lost."""
    items = requests(world, privacy_requests.ask_export)
    connection = Redis.from_url(world.app.config["REDIS_URL"])
    connection.flushdb()
    return BatchCase(
        items=items,
        done=lambda: {job.args[0] for job in Queue(QUEUE, connection=connection).jobs},
        run=privacy_jobs.enqueue_exports,
        steps={"enqueue": (privacy_jobs, "enqueue_after_commit", lambda _session, _job, of: of)},
    )


def missed_changes(world: World) -> BatchCase:
    """Three changes of many tickets whose workers died."""
    items = [_change(world).id for _ in range(3)]
    with factories.writing(world.app):
        db.session.execute(update(BulkChange).values(due_at=clock.now()))
    connection = Redis.from_url(world.app.config["REDIS_URL"])
    connection.flushdb()
    return BatchCase(
        items=items,
        done=lambda: {job.args[0] for job in Queue(BACKLOG_QUEUE, connection=connection).jobs},
        run=bulk_jobs.enqueue_bulk_changes,
        steps={"enqueue": (bulk_jobs, "enqueue_after_commit", lambda _session, _job, of: of)},
    )


def tickets_to_change(world: World) -> BatchCase:
    """Three tickets of one change."""
    change = _change(world)
    changed = db.select(Ticket.id).where(Ticket.priority == Priority.URGENT)
    return BatchCase(
        items=world.ids(db.select(BulkChangeTicket.ticket_id)),
        done=lambda: set(world.ids(changed)),
        run=lambda: change_tickets(change.id),
        steps={"change": (ticket_services, "set_priority", lambda *, ticket, **_: ticket.id)},
    )


def _change(world: World) -> BulkChange:
    for _ in range(3):
        factories.file_ticket(world.app, world.cast.ann)
    with factories.writing(world.app):
        filed = db.session.scalars(db.select(Ticket).order_by(Ticket.id.desc()).limit(3))
        return bulk.start(
            actor=world.cast.sam,
            listed=[Chosen(one.id, one.version, one.updated_at) for one in filed],
            action=BulkAction.PRIORITY,
            value=Priority.URGENT,
            now=False,
        )


def copies(world: World) -> BatchCase:
    """Three copies whose week is over."""
    ids = requests(world, privacy_requests.ask_export)
    storage: Folder = world.app.extensions["lodge.storage"]
    items = [storage.put(io.BytesIO(b"copy"), limit=10).key for _ in ids]
    with factories.writing(world.app):
        for number, key in zip(ids, items, strict=True):
            request = db.session.get_one(PrivacyRequest, number)
            request.state, request.storage_key = PrivacyState.READY, key
            request.due_at = request.expires_at = clock.now()
    return BatchCase(
        items=items,
        done=lambda: {key for key in items if not storage._path(key).exists()},
        run=privacy_jobs.expire_exports,
        steps={
            "ask": (privacy_queries, "may_fetch", lambda _actor, made: made.storage_key),
            "delete": (Folder, "delete", lambda _self, key: key),
        },
    )


def missed_tables(world: World) -> BatchCase:
    """Three exports of tables whose jobs the queue has lost."""
    items = _tables(world)
    connection = Redis.from_url(world.app.config["REDIS_URL"])
    connection.flushdb()
    return BatchCase(
        items=items,
        done=lambda: {job.args[0] for job in Queue(BACKLOG_QUEUE, connection=connection).jobs},
        run=table_jobs.enqueue_table_exports,
        steps={"enqueue": (table_jobs, "enqueue_after_commit", lambda _session, _job, of: of)},
    )


def old_tables(world: World) -> BatchCase:
    """Three exports of tables whose week is over."""
    ids = _tables(world)
    storage: Folder = world.app.extensions["lodge.storage"]
    items = [storage.put(io.BytesIO(b"number"), limit=10).key for _ in ids]
    with factories.writing(world.app):
        for number, key in zip(ids, items, strict=True):
            export = db.session.get_one(TableExport, number)
            export.state, export.storage_key = TableExportState.READY, key
            export.due_at = export.expires_at = clock.now()
    return BatchCase(
        items=items,
        done=lambda: {key for key in items if not storage._path(key).exists()},
        run=table_jobs.expire_table_exports,
        steps={"delete": (Folder, "delete", lambda _self, key: key)},
    )


def due_schedules(world: World) -> BatchCase:
    """Three schedules of exports that are due."""
    rhythm = Rhythm(Every.DAY, hour=7)
    with factories.writing(world.app):
        made = [
            table_export_schedules.create(
                actor=world.cast.ada, order=Order(TableKind.PEOPLE, columns=[name]), rhythm=rhythm
            )
            for name in ("id", "email", "role")
        ]
        db.session.flush()
        items = [schedule.id for schedule in made]
    names = dict(zip(("id", "email", "role"), items, strict=True))
    return BatchCase(
        items=items,
        done=lambda: {names[one] for [one] in world.ids(db.select(TableExport.columns))},
        run=table_jobs.run_table_schedules,
        steps={"run": (table_export_schedules, "run", lambda schedule_id: schedule_id)},
        later=timedelta(days=1),
    )


def due_reports(world: World) -> BatchCase:
    """Three reports by mail that are due."""
    with factories.writing(world.app):
        counting.count_some()
        ada = db.session.get_one(User, world.cast.ada.id)
        made = [
            report_subscriptions.subscribe(
                actor=world.cast.ada,
                user=ada,
                every=Every.WEEK,
                narrowing=Narrowing(department=name),
            )
            for name in ("A", "B", "C")
        ]
        items = [subscription.id for subscription in made]
    owed = db.select(Outbox.data).where(Outbox.template == "statistics_report")
    return BatchCase(
        items=items,
        done=lambda: {data["subscription"] for data in world.ids(owed)},
        run=reports.mail_reports,
        steps={"run": (report_subscriptions, "run", lambda subscription_id: subscription_id)},
        later=timedelta(days=8),
    )


def _tables(world: World) -> list[Any]:
    kinds = (TableKind.TICKETS, TableKind.PEOPLE, TableKind.ACTIONS)
    with factories.writing(world.app):
        asked = [table_exports.ask(actor=world.cast.ada, order=Order(kind)) for kind in kinds]
        return [export.id for export in asked]


def attachments(world: World) -> BatchCase:
    """Three files that belong in somebody's copy."""
    storage: Folder = world.app.extensions["lodge.storage"]
    stored = [storage.put(io.BytesIO(b"file"), limit=10) for _ in range(3)]
    uploads = [Upload(one.key, "file.txt", "text/plain", one.size, one.sha256) for one in stored]
    factories.file_ticket(world.app, world.cast.bob, uploads=uploads)
    request_id, *_ = requests(world, privacy_requests.ask_export)
    items = [one.key for one in stored]

    def copied() -> set[Any]:
        [key] = world.ids(
            db.select(PrivacyRequest.storage_key).where(PrivacyRequest.id == request_id)
        )
        if key is None:
            return set()
        with zipfile.ZipFile(storage._path(key)) as copy:
            names = [name.rpartition("/")[2] for name in copy.namelist()]
        return {item for number, item in enumerate(items, 1) if f"{number}-file.txt" in names}

    return BatchCase(
        items=items,
        done=copied,
        run=lambda: export_person(request_id),
        steps={"open": (Folder, "open", lambda _self, key: key)},
    )


def deletions(world: World) -> BatchCase:
    """Three people are to be forgotten."""
    return BatchCase(
        items=requests(world, privacy_requests.ask_deletion),
        done=lambda: set(world.ids(_DELETED)),
        run=privacy_jobs.forget_due,
        steps={
            "read": (privacy_jobs, "_forget", lambda request_id: request_id),
            "forget": (erase, "erase_person", lambda request_id, _traces: request_id),
        },
        later=privacy_requests.UNDO_FOR + timedelta(minutes=1),
    )


def mail_files(world: World) -> BatchCase:
    """Three people were forgotten, whose mails are still in the folder."""
    items = requests(world, privacy_requests.ask_deletion)
    with factories.writing(world.app):
        done = {"state": PrivacyState.DONE, "finished_at": clock.now()}
        db.session.execute(update(PrivacyRequest).values(**done))
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(_DELETED.where(PrivacyRequest.progress == 100))),
        run=privacy_jobs.remove_mail_files,
        steps={
            "find": (privacy_jobs, "_messages_to", lambda request_id: request_id),
            "settle": (privacy_jobs, "_mark_files_removed", lambda request_id: request_id),
        },
        later=timedelta(hours=1),
    )


def orphans(world: World) -> BatchCase:
    """Three files in one part of the store that no row names."""
    storage: Folder = world.app.extensions["lodge.storage"]
    shard = int((clock.now() + timedelta(days=2)).timestamp()) // 60 % SHARDS
    items = [f"{shard:02x}{number:030x}" for number in range(3)]
    for key in items:
        storage.put_back(key, io.BytesIO(b"orphan"))
    return BatchCase(
        items=items,
        done=lambda: {key for key in items if not storage._path(key).exists()},
        run=files.remove_orphans,
        steps={"delete": (Folder, "delete", lambda _self, key: key)},
        later=timedelta(days=2),
    )


def messages_to_render(world: World) -> BatchCase:
    """Three messages that an older renderer has rendered."""
    for number in range(3):
        factories.file_ticket(world.app, world.cast.ann, message=f"Number {number}")
    with factories.writing(world.app):
        db.session.execute(update(Comment).values(renderer_version=0, html="<script>"))
    texts = world.ids(db.select(Comment.message).order_by(Comment.id))
    items = world.ids(db.select(Comment.id).order_by(Comment.id))
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(db.select(Comment.id).where(Comment.html != "<script>"))),
        run=rendering.render_again,
        steps={
            "render": (markdown, "render", lambda text: items[texts.index(text)]),
            "write": (rendering, "_replace_html", lambda rows: [of for of, *_ in rows]),
        },
    )


def thumbnails_to_make(world: World) -> BatchCase:
    """Three pictures whose jobs the queue has lost."""
    storage: Folder = world.app.extensions["lodge.storage"]
    uploads = [pictures.stored(storage, pictures.png(side, side)) for side in (10, 20, 30)]
    factories.file_ticket(world.app, world.cast.bob, uploads=uploads)
    items = world.ids(db.select(Thumbnail.attachment_id).order_by(Thumbnail.attachment_id))
    keys = [upload.key for upload in uploads]
    made = db.select(Thumbnail.attachment_id).where(Thumbnail.storage_key.is_not(None))
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(made)),
        run=thumbnails.make_thumbnails,
        steps={
            "claim": (thumbnail_services, "claim", lambda of: of),
            "decode": (Folder, "open", lambda _self, key: items[keys.index(key)]),
            "write": (thumbnail_services, "finish", lambda of, _stored, **_size: of),
        },
    )


def documents_to_index(world: World) -> BatchCase:
    """Three documents that an older analysis has made."""
    for number in range(3):
        factories.file_ticket(world.app, world.cast.ann, message=f"Number {number}")
    with factories.writing(world.app):
        db.session.execute(update(SearchDocument).values(version=0, public="old"))
    items = world.ids(db.select(SearchDocument.ticket_id).order_by(SearchDocument.ticket_id))
    new = db.select(SearchDocument.ticket_id).where(SearchDocument.public != "old")
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(new)),
        run=indexing.index_tickets,
        steps={"write": (indexing, "_rewrite_documents", list)},
    )


def last_messages_to_find(world: World) -> BatchCase:
    """Three tickets that an older version has written."""
    for number in range(3):
        factories.file_ticket(world.app, world.cast.ann, message=f"Number {number}")
    with factories.writing(world.app):
        db.session.execute(update(Ticket).values(last_message_id=None))
    items = world.ids(db.select(Ticket.id).order_by(Ticket.id))
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(db.select(Ticket.id).where(Ticket.last_message_id > 0))),
        run=waiting.find_last_messages,
        steps={"write": (waiting, "_fill", list)},
    )


def tickets_to_count(world: World) -> BatchCase:
    """Three tickets that are in no number of the statistics yet."""
    for number in range(3):
        factories.file_ticket(world.app, world.cast.ann, message=f"Number {number}")
    items = world.ids(db.select(Ticket.id).order_by(Ticket.id))
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(db.select(TicketFact.ticket_id))),
        run=statistics.count_tickets,
        steps={"read": (facts, "_fact", lambda row, *_about: row.id)},
    )


def tickets_to_learn(world: World) -> BatchCase:
    """Three solved tickets that were never learned."""
    with factories.writing(world.app):
        items = assistance_world.fill(world.cast.ann, 3)
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(db.select(LearnedTicket.ticket_id))),
        run=assistance.learn_tickets,
        steps={"read": (learning, "_row", lambda of, *_about: of)},
    )


def tickets_to_assist(world: World) -> BatchCase:
    """Three new tickets whose jobs were lost."""
    for number in range(3):
        factories.file_ticket(world.app, world.cast.ann, message=f"Number {number}")
    items = world.ids(db.select(Ticket.id).order_by(Ticket.id))
    past = clock.now() - timedelta(minutes=5)
    with factories.writing(world.app):
        db.session.execute(update(UnassistedTicket).values(created_at=past))
    waiting_ones = db.select(UnassistedTicket.ticket_id)
    return BatchCase(
        items=items,
        done=lambda: set(items) - set(world.ids(waiting_ones)),
        run=assistance.assist_new_tickets,
        steps={"look": (acting, "act", lambda of: of)},
    )


def names_to_index(world: World) -> BatchCase:
    """The names of three people, as an older analysis has found them."""
    items = [person.id for person in (world.cast.ann, world.cast.bob, world.cast.carl)]
    theirs = SearchName.user_id.in_(items)
    with factories.writing(world.app):
        db.session.execute(update(SearchName).where(theirs).values(version=0, word="old"))
    new = db.select(SearchName.user_id).where(theirs, SearchName.word != "old")
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(new)),
        run=indexing.index_names,
        steps={"write": (indexing, "_rewrite_names", lambda _column, ids: list(ids))},
    )


def actions(world: World) -> BatchCase:
    """Three events that are not sealed yet."""
    with factories.writing(world.app):
        for person in world.people():
            account_log.record(user=person, kind=AccountEventKind.SIGNED_IN)
    items = world.ids(db.select(AccountEvent.id).order_by(AccountEvent.id))

    def sealed() -> set[Any]:
        with world.app.app_context():
            return set(execute_on_logs(db.select(Action.source_id)).scalars())

    return BatchCase(
        items=items,
        done=sealed,
        run=logs.seal_actions,
        steps={"read": (action_log, "line_values", lambda _source, row: row.id)},
    )


def requests(world: World, verb: Callable[..., PrivacyRequest]) -> list[Any]:
    """What each of three people asks for."""
    with factories.writing(world.app):
        return [verb(actor=factories.actor(person)).id for person in world.people()]
