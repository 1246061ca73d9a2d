"""One bad item of a list stops none of the others, in whatever batch a job works through.

A job or a part of a sweep that is new stands in neither list, and fails here until somebody has
said what it does when one of its items raises.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

import pytest
import time_machine
from flask import Flask

from jobs.parts import registry
from portal import clock
from portal.queueing import Job
from tests.cast import Cast
from tests.jobs import incoming_batches as incoming
from tests.jobs import outgoing_batches as outgoing
from tests.jobs import product_batches
from tests.jobs import stored_batches as stored
from tests.jobs.batch import BatchCase, Step, World
from tests.jobs.conftest import Allowed

BATCHES: dict[str, Callable[[World], BatchCase]] = {
    "jobs.outbox.drain": outgoing.mails,
    "jobs.inbound_reading.read": incoming.mails_that_came,
    "jobs.parts.inbound.watch_mail_in": incoming.alarms_to_tell,
    "jobs.bulk.change_tickets": stored.tickets_to_change,
    "jobs.parts.bulk.enqueue_bulk_changes": stored.missed_changes,
    "jobs.exports.export_person": stored.attachments,
    "jobs.parts.answers.send_scheduled": outgoing.due_answers,
    "jobs.scheduled.send": outgoing.answers_of_a_ticket,
    "jobs.parts.files.remove_orphans": stored.orphans,
    "jobs.parts.rendering.render_again": stored.messages_to_render,
    "jobs.parts.indexing.index_tickets": stored.documents_to_index,
    "jobs.parts.thumbnails.make_thumbnails": stored.thumbnails_to_make,
    "jobs.parts.waiting.find_last_messages": stored.last_messages_to_find,
    "jobs.parts.indexing.index_names": stored.names_to_index,
    "jobs.parts.statistics.count_tickets": stored.tickets_to_count,
    "jobs.parts.assistance.learn_tickets": stored.tickets_to_learn,
    "jobs.parts.assistance.assist_new_tickets": stored.tickets_to_assist,
    "jobs.parts.logs.seal_actions": stored.actions,
    "jobs.parts.privacy.enqueue_exports": stored.missed_exports,
    "jobs.parts.privacy.expire_exports": stored.copies,
    "jobs.parts.table_exports.enqueue_table_exports": stored.missed_tables,
    "jobs.parts.table_exports.expire_table_exports": stored.old_tables,
    "jobs.parts.table_exports.run_table_schedules": stored.due_schedules,
    "jobs.parts.products.enqueue_product_syncs": product_batches.missed_syncs,
    "jobs.parts.products.run_product_schedules": product_batches.schedules_of_syncs,
    "jobs.parts.reports.mail_reports": stored.due_reports,
    "jobs.parts.privacy.forget_due": stored.deletions,
    "jobs.parts.privacy.remove_mail_files": stored.mail_files,
    "jobs.webhooks.deliver_due": outgoing.webhooks,
    "jobs.webhooks.deliver": outgoing.deliveries,
}
# One item, or one statement for all rows: no row can stop another.
AT_ONCE = {
    "jobs.assistance.assist",
    # Numbers of counts alone: no text is read again.
    "jobs.parts.assistance.measure_suggestions",
    "jobs.outbox.deliver",
    "jobs.thumbnails.make",
    "jobs.products.sync",
    "jobs.table_exports.export_table",
    "jobs.parts.answers.delete_old_answers",
    "jobs.parts.answer_times.measure_first_answers",
    "jobs.parts.mail.enqueue_mail",
    "jobs.parts.inbound.enqueue_inbound",
    "jobs.parts.inbound.forget_raw_mails",
    "jobs.parts.expiry.delete_expired_sessions",
    "jobs.parts.expiry.delete_expired_refresh_tokens",
    "jobs.parts.expiry.delete_expired_registrations",
    "jobs.parts.expiry.delete_expired_domains",
    "jobs.parts.files.measure_files",
    "jobs.parts.expiry.delete_old_links",
    "jobs.parts.expiry.delete_old_requests",
    "jobs.parts.mail.delete_old_mails",
    "jobs.parts.expiry.delete_old_visits",
    "jobs.parts.expiry.delete_old_invitations",
    "jobs.parts.bulk.delete_old_bulk_changes",
    "jobs.parts.expiry.delete_old_drafts",
    "jobs.parts.expiry.delete_old_model_calls",
    "jobs.parts.expiry.delete_old_notifications",
    "jobs.parts.logs.forget_old_api_requests",
    "jobs.parts.logs.forget_old_actions",
    "jobs.parts.privacy.clear_api_log",
    "jobs.parts.departments.rename_departments",
    "jobs.parts.products.delete_old_syncs",
    "jobs.parts.retention.delete_old_tickets",
    "jobs.parts.privacy.clear_farewells",
    "jobs.webhooks._park_old",
    "jobs.webhooks._delete_old",
}
SWEEPS = {Job.SWEEP, Job.SWEEP_LATER, Job.SWEEP_WEBHOOKS}
JOBS = [resolve_name(job) for job in Job if job not in SWEEPS]
PARTS = {
    f"{done.__module__}.{done.__name__}": done
    for done in (*JOBS, *(part.do for part in registry.PARTS.values()))
}
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
MAKERS = list(BATCHES.values())
# What is broken in each batch: known only when it was made.
STEPS = {
    "mails": ("read", "compose", "hold", "settle", "send"),
    "mails_that_came": ("parse", "take", "hold", "settle"),
    "alarms_to_tell": ("tell",),
    "due_answers": ("load", "post"),
    "answers_of_a_ticket": ("load", "post"),
    "deliveries": ("read", "make", "hold", "record", "sign"),
    "webhooks": ("claim", "look"),
    "missed_exports": ("enqueue",),
    "missed_changes": ("enqueue",),
    "tickets_to_change": ("change",),
    "copies": ("ask", "delete"),
    "missed_tables": ("enqueue",),
    "old_tables": ("delete",),
    "due_schedules": ("run",),
    "missed_syncs": ("enqueue",),
    "schedules_of_syncs": ("run",),
    "due_reports": ("run",),
    "attachments": ("open",),
    "deletions": ("read", "forget"),
    "mail_files": ("find", "settle"),
    "orphans": ("delete",),
    "messages_to_render": ("render", "write"),
    "documents_to_index": ("write",),
    "thumbnails_to_make": ("claim", "decode", "write"),
    "last_messages_to_find": ("write",),
    "names_to_index": ("write",),
    "tickets_to_count": ("read",),
    "tickets_to_learn": ("read",),
    "tickets_to_assist": ("look",),
    "actions": ("read",),
}


def test_every_job_and_every_part_of_a_sweep_is_known() -> None:
    assert set(PARTS) == AT_ONCE | set(BATCHES)
    assert not AT_ONCE & set(BATCHES)
    assert {maker.__name__ for maker in MAKERS} == set(STEPS)


@pytest.mark.parametrize("name", sorted(AT_ONCE))
def test_what_is_done_at_once_has_no_loop(name: str) -> None:
    function = inspect.unwrap(PARTS[name])
    assert not loops(function)
    for called in calls(function):
        assert not loops(called), called


def loops(function: Callable[..., object]) -> list[ast.AST]:
    """Its loops, but for those over words of ours: a constant's items are not somebody's."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    found = [node for node in ast.walk(tree) if isinstance(node, LOOPS)]
    return [node for node in found if not (isinstance(node, ast.For) and is_constant(node.iter))]


def is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id.isupper()


def calls(function: Callable[..., object]) -> list[Callable[..., object]]:
    """The functions of ours that it calls by their module's name: `outbox.park_exhausted`."""
    found = []
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = function.__globals__.get(node.value.id)
            if inspect.ismodule(module) and module.__name__.startswith("portal."):
                found.append(getattr(module, node.attr))
    return [one for one in found if inspect.isfunction(one)]


@pytest.mark.parametrize(
    ("maker", "step"), [(maker, step) for maker in MAKERS for step in STEPS[maker.__name__]]
)
def test_one_item_that_raises_stops_no_other(
    app: Flask,
    cast: Cast,
    another: Allowed,
    monkeypatch: pytest.MonkeyPatch,
    maker: Callable[[World], BatchCase],
    step: str,
) -> None:
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", ["type"])
    monkeypatch.setitem(app.config, "ASSISTANCE_ACTIONS", ["type"])
    batch = maker(World(app, cast, another))
    assert set(batch.steps) == set(STEPS[maker.__name__])
    _first, bad, _last = batch.items
    assert not batch.done() & set(batch.items)
    raised = spoil(monkeypatch, batch.steps[step], bad)
    with time_machine.travel(clock.now() + batch.later, tick=False), app.app_context():
        batch.run()
    assert raised
    assert set(batch.items) - {bad} <= batch.done()


def spoil(monkeypatch: pytest.MonkeyPatch, step: Step, bad: Any) -> list[Any]:
    """Let the step fail whenever it is called with `bad`, as it stands or in a list."""
    where, name, item_of = step
    whole = getattr(where, name)
    raised = []

    def spoiled(*args: Any, **options: Any) -> Any:
        item = item_of(*args, **options)
        if item == bad or (isinstance(item, list) and bad in item):
            raised.append(item)
            raise ZeroDivisionError
        return whole(*args, **options)

    monkeypatch.setattr(where, name, spoiled)
    return raised
