"""Batches of syncs of products, and of their schedules."""

from datetime import timedelta

from redis import Redis
from rq import Queue

from jobs.parts import products as jobs
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.products import ProductSync
from portal.queueing import BACKLOG_QUEUE
from portal.services.products import schedules, syncs
from portal.services.products.connection import marketplaces_of
from tests import factories
from tests.jobs.batch import BatchCase, World
from tests.marketplaces.fixtures import sells_at


def missed_syncs(world: World) -> BatchCase:
    """Three syncs whose jobs the queue has lost."""
    people = (world.cast.ann, world.cast.carl, world.cast.sam)
    with factories.writing(world.app):
        places = [db.session.get_one(Organization, one.organization_id) for one in people]
        items = [syncs.start(place, marketplaces_of("ozon")[0], None).id for place in places]
    connection = Redis.from_url(world.app.config["REDIS_URL"])
    connection.flushdb()
    return BatchCase(
        items=items,
        done=lambda: {job.args[0] for job in Queue(BACKLOG_QUEUE, connection=connection).jobs},
        run=jobs.enqueue_product_syncs,
        steps={"enqueue": (jobs, "enqueue_after_commit", lambda _session, _job, of: of)},
    )


def schedules_of_syncs(world: World) -> BatchCase:
    """Three schedules that are due."""
    people = (world.cast.ann, world.cast.carl, world.cast.ada)
    for one in people:
        sells_at(world.app, one, "ozon")
    with factories.writing(world.app):
        for one in people:
            schedules.put(actor=one, cron="0 6 * * *", zone="Europe/Moscow")
    return BatchCase(
        items=[one.organization_id for one in people],
        done=lambda: set(world.ids(db.select(ProductSync.organization_id))),
        run=jobs.run_product_schedules,
        steps={"run": (schedules, "run", lambda organization_id: organization_id)},
        later=timedelta(days=1),
    )
