"""Members of staff who are away: nobody else gives them tickets meanwhile."""

from datetime import datetime, timedelta

from portal import clock
from portal.errors import Invalid
from portal.models.people import AccountEventKind, Actor, Role, User
from portal.security import permissions
from portal.services.people import account_log

LONGEST = timedelta(days=366)


def leave(*, actor: Actor, user: User, until: datetime) -> bool:
    """Be away until then, or let somebody be; returns whether it changed.

    For oneself, and for who manages the person. What is theirs stays theirs. Raises Invalid for a
    moment that is past, or more than a year ahead.
    """
    _require_allowed(actor, user)
    if not clock.now() < until <= clock.now() + LONGEST:
        raise Invalid(away_until="away_date")
    if user.away_until == until:
        return False
    user.away_until = until
    account_log.record(
        user=user, kind=AccountEventKind.AWAY, actor=actor, name=until.date().isoformat()
    )
    return True


def come_back(*, actor: Actor, user: User) -> bool:
    """Get tickets again; returns whether the person was away."""
    _require_allowed(actor, user)
    was_away = user.is_away
    user.away_until = None
    if was_away:
        account_log.record(user=user, kind=AccountEventKind.BACK, actor=actor)
    return was_away


def _require_allowed(actor: Actor, user: User) -> None:
    own = actor.id == user.id or permissions.can_manage_person(actor, user)
    permissions.require(own and user.role != Role.CUSTOMER)
