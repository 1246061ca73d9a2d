"""Which webhooks a page is about: the blueprint decides."""

from flask import request

from portal.errors import NotFound
from portal.models.webhooks import Webhook
from portal.queries.webhooks import webhooks as queries
from portal.security import permissions
from portal.web.people.sessions import actor
from portal.web.rate_limits import limits
from portal.web.rate_limits.limit_keys import by_actor

# For views that resolve a name or call a server.
limits_outgoing_calls = limits.limited_by(
    limits.call_limits(limits.OUTGOING_CALL, by_actor, methods=["POST"])
)


def managed_organization_id() -> int | None:
    """The organization's id, or None for the desk. Raises Forbidden for who may not manage them."""
    managed_organization_id = None if request.blueprint == "admin" else actor().organization_id
    permissions.require(permissions.can_manage_webhooks(actor(), managed_organization_id))
    return managed_organization_id


def find(webhook_id: int, *, lock: bool = False) -> Webhook:
    """A webhook of that organization or of the desk. Raises NotFound."""
    webhook = queries.find(actor(), webhook_id, lock=lock)
    if webhook.belongs_to_desk != (request.blueprint == "admin"):
        raise NotFound
    return webhook
