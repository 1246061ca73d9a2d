"""Jobs that work through what came in, each with three items."""

from datetime import timedelta

from jobs import delivery, inbound_reading
from jobs.parts.inbound import watch_mail_in
from portal import clock
from portal.extensions import db
from portal.inbound import receive
from portal.models.inbound import (
    InboundMessage,
    InboundState,
    InboundWay,
    MailAlarm,
    Mailbox,
    MailboxWay,
)
from portal.services.inbound import alarms, reading
from tests import factories
from tests.inbound.mails import InProcess, mail
from tests.jobs.batch import BatchCase, World


def mails_that_came(world: World) -> BatchCase:
    """Three mails of three sizes; each is a ticket of its own."""
    texts = ["a", "bb", "ccc"]
    with world.app.app_context():
        raws = [mail(text=text).as_bytes() for text in texts]
        items = [receive(raw, way=InboundWay.COMMAND).id for raw in raws]
    sizes = {len(raw): of for raw, of in zip(raws, items, strict=True)}
    done = db.select(InboundMessage.id).where(InboundMessage.state == InboundState.DONE)
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(done)),
        run=lambda: _read(world),
        steps={
            "parse": (InProcess, "parse", lambda _self, _source, size: sizes[size]),
            "take": (reading, "take", lambda lease, _mail, _uploads: lease.row_id),
            "hold": (delivery, "_still_holds", lambda _handler, lease, _within: lease.row_id),
            "settle": (
                delivery,
                "_settle_and_claim",
                lambda _handler, settle, **_o: settle and settle.args[0].row_id,
            ),
        },
    )


def alarms_to_tell(world: World) -> BatchCase:
    """Three mailboxes that are not fetched, which was noticed before."""
    long_ago = clock.now() - timedelta(hours=1)
    with factories.writing(world.app):
        for name in ("a", "b", "c"):
            address, way = f"{name}@example.com", MailboxWay.IMAP
            db.session.add(Mailbox(address=address, way=way, last_success_at=long_ago))
    with world.app.app_context():
        watch_mail_in()
    told = db.select(MailAlarm.trouble).where(MailAlarm.told_at.is_not(None))
    return BatchCase(
        items=world.ids(db.select(MailAlarm.trouble).order_by(MailAlarm.trouble)),
        done=lambda: set(world.ids(told)),
        run=watch_mail_in,
        steps={"tell": (alarms, "tell", lambda news: news.trouble)},
        later=timedelta(minutes=3),
    )


def _read(world: World) -> None:
    storage = world.app.extensions["lodge.storage"]
    delivery.deliver_due(inbound_reading.InboundHandler(storage, InProcess()), 60.0)
