"""Who may call which endpoint. An endpoint without an audience is for nobody."""

from dataclasses import dataclass, field
from enum import StrEnum

from flask import current_app, g, request

from portal.api.authentication import Caller, actor, caller
from portal.errors import DomainError, Forbidden
from portal.extensions import begin_write, lock_person, setting
from portal.models.people import Actor, KeyScope, Right
from portal.security import permissions
from portal.security.people import step_up
from portal.web.middleware.request_limits import FORM_ROOM
from portal.web.rate_limits import daily_calls


class Audience(StrEnum):
    """Whom an endpoint is for. What they may do there is up to the services."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    STAFF = "staff"
    ADMIN = "admin"


@dataclass(frozen=True)
class EndpointSpec:
    """What an endpoint declares about itself, for the guard and the OpenAPI document."""

    audience: Audience
    scope: KeyScope
    status: int = 200
    fails: tuple[type[DomainError], ...] = ()
    takes_files: bool = False
    # The content type of a body that is no JSON, and its most bytes.
    raw: tuple[str, int] | None = None
    needs_version: bool = False
    needs_proof: bool = False
    # Of the staff who may call it besides admins, where the audience is these.
    right: Right | None = None
    also: tuple[int, ...] = ()
    answer_headers: dict[str, str] = field(default_factory=dict)


def check() -> None:
    """The blueprint's `before_request`. Raises the errors of `_authorize`, CallsUsedUp."""
    if request.method == "OPTIONS":
        return
    spec = _authorize()
    if spec.audience is Audience.ANYONE:
        return
    daily_calls.count(actor())
    if spec.takes_files:
        # Large bodies only from authenticated callers.
        request.max_content_length = setting("ATTACHMENTS_BYTES") + FORM_ROOM
    elif spec.raw is not None:
        request.max_content_length = spec.raw[1]


def begin_change() -> Actor:
    """`begin_write`, then read the credential and the caller's rights again.

    A body may take minutes to arrive, and rights may be taken meanwhile. Returns the caller as they
    are now. Raises the errors of `_authorize`.
    """
    begin_write()
    lock_person(actor().id)
    del g.api_caller
    _authorize()
    return actor()


def spec_of(endpoint: str) -> EndpointSpec | None:
    """The endpoint's spec; None if it has none."""
    return getattr(current_app.view_functions.get(endpoint), "spec", None)


def _authorize() -> EndpointSpec:
    """What the endpoint declares, if the caller may call it.

    Raises the errors of `caller`, Forbidden.
    """
    spec = spec_of(request.endpoint or "")
    if spec is None:
        raise Forbidden
    if spec.audience is not Audience.ANYONE:
        _require(caller(), spec)
    return spec


def _require(found: Caller, spec: EndpointSpec) -> None:
    found.require_scope(spec.scope)
    staff_only = spec.audience in {Audience.STAFF, Audience.ADMIN}
    if staff_only and not found.actor.is_staff:
        raise Forbidden
    if spec.audience is Audience.ADMIN and not _is_admin_or_has(spec.right, found.actor):
        raise Forbidden
    if spec.needs_proof:
        step_up.require(found.actor)


def _is_admin_or_has(right: Right | None, found: Actor) -> bool:
    if right is None:
        return permissions.can_administer(found)
    return permissions.has_right(found, right)
