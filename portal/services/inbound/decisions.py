"""What administrators decide about messages that wait: read again, accept, put away."""

from collections.abc import Callable, Collection

from portal.errors import Invalid
from portal.extensions import db
from portal.models.inbound import InboundMessage, InboundState, Step
from portal.models.inbound.inbound_message import ACCEPTABLE
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.inbound import messages as queries
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.inbound import messages
from portal.services.people import account_log

# Of one press of a button: as many as a page lists.
MOST = queries.PAGE


def apply(*, actor: Actor, decision: str, ids: Collection[int]) -> int:
    """Decide so about those messages; returns of how many it could be done. Raises Invalid."""
    permissions.require(permissions.can_administer(actor))
    if decision not in _DECISIONS:
        raise Invalid(action="unknown")
    waiting = queries.waiting(ids, MOST)
    done = sum(_DECISIONS[decision](actor, message) for message in waiting)
    if done:
        _record(actor, AccountEventKind.INBOUND_DECIDED, f"{decision}: {done}")
    return done


@sensitive
def record_fetch(*, actor: Actor, message: InboundMessage) -> None:
    """Somebody takes the text of a mail to read it, or the whole mail away."""
    permissions.require(permissions.can_administer(actor))
    _record(actor, AccountEventKind.INBOUND_FETCHED, str(message.id))


def _read_again(actor: Actor, message: InboundMessage, *, accept: bool = False) -> bool:
    """`accept`: what it was suspected of does not matter any more."""
    if message.storage_key is None:
        return False
    messages.read_again(message, by=actor, accept=accept)
    return True


def _accept(actor: Actor, message: InboundMessage) -> bool:
    return _read_again(actor, message, accept=message.reason in ACCEPTABLE)


def _dismiss(actor: Actor, message: InboundMessage) -> bool:
    messages.settle(message, InboundState.DISMISSED)
    messages.add_line(message, Step.DISMISSED, by=actor.id)
    return True


_DECISIONS: dict[str, Callable[[Actor, InboundMessage], bool]] = {
    "again": _read_again,
    "accept": _accept,
    "dismiss": _dismiss,
}


def _record(actor: Actor, kind: AccountEventKind, name: str) -> None:
    user = db.session.get_one(User, actor.id)
    account_log.record(user=user, kind=kind, actor=actor, name=name)
