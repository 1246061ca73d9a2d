"""Lets the language model read the tickets of an organization, or not."""

from portal import clock
from portal.extensions import db
from portal.models.assistance import ModelPermission
from portal.models.organizations import Organization
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.assistance import model_permissions as queries
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.people import account_log


@sensitive
def decide(*, actor: Actor, organization: Organization, allowed: bool) -> None:
    """The caller has locked the organization. Raises Forbidden, ProofNeeded."""
    permissions.require(permissions.can_change_settings(actor))
    row = queries.find(organization.id)
    if row is None:
        row = ModelPermission(organization_id=organization.id)
        db.session.add(row)
    elif row.allowed == allowed:
        return
    row.allowed, row.changed_at = allowed, clock.now()
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.MODEL_ALLOWED if allowed else AccountEventKind.MODEL_FORBIDDEN,
        actor=actor,
        name=organization.name,
    )
