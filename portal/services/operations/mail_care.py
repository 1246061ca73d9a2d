"""What administrators do with mails that are owed: send again, park, let go. All is logged."""

from collections.abc import Callable, Collection

from portal.errors import Invalid
from portal.extensions import db
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.delivery import outbox as queries
from portal.security import permissions
from portal.services.delivery import outbox
from portal.services.people import account_log

# Of one press of a button: more would hold up other writers.
MOST = 500
_PARKED = "parked by an administrator"
_DROPPED = "not wanted any more"
VERBS: dict[str, Callable[[int], bool]] = {
    "retry": outbox.retry,
    "park": lambda outbox_id: outbox.park(outbox_id, _PARKED),
    "drop": lambda outbox_id: outbox.drop(outbox_id, _DROPPED),
}


def apply(*, actor: Actor, verb: str, ids: Collection[int]) -> int:
    """Do it with those mails; returns with how many it could be done. Raises Invalid."""
    permissions.require(permissions.can_administer(actor))
    if verb not in VERBS:
        raise Invalid(action="unknown")
    done = sum(VERBS[verb](outbox_id) for outbox_id in sorted(set(ids))[:MOST])
    if done:
        account_log.record(
            user=db.session.get_one(User, actor.id),
            kind=AccountEventKind.MAILS_CHANGED,
            actor=actor,
            name=f"{verb}: {done}",
        )
    return done


def retry_reason(*, actor: Actor, reason: str) -> int:
    """Send again what was parked for that reason, MOST at a time; returns how many."""
    permissions.require(permissions.can_administer(actor))
    return apply(actor=actor, verb="retry", ids=queries.parked_for(reason, MOST))
