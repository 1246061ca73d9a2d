"""Who may call which endpoint. Deny by default: what declares no audience is for nobody."""

from dataclasses import dataclass, field
from enum import StrEnum

from flask import current_app, g, request

from portal.api.authentication import Caller, actor, caller
from portal.errors import DomainError, Forbidden
from portal.extensions import begin_write, take_turn
from portal.models.people import Actor, KeyScope
from portal.security.people import step_up
from portal.web.request_limits import FORM_ROOM


class Audience(StrEnum):
    """Whom an endpoint is for. What they may do there is asked by the services."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    STAFF = "staff"
    ADMIN = "admin"


@dataclass(frozen=True)
class Facts:
    """What an endpoint says of itself: the guard reads it, and so does the document."""

    audience: Audience
    scope: KeyScope
    status: int = 200
    fails: tuple[type[DomainError], ...] = ()
    takes_files: bool = False
    needs_version: bool = False
    needs_proof: bool = False
    also: tuple[int, ...] = ()
    answer_headers: dict[str, str] = field(default_factory=dict)


def check() -> None:
    """The blueprint's `before_request`: let nobody in whom the endpoint is not for."""
    if request.method == "OPTIONS":
        return
    facts = facts_of(request.endpoint or "")
    if facts is None:
        raise Forbidden
    if facts.audience is Audience.ANYONE:
        return
    found = caller()
    _require(found, facts)
    g.api_caller = found
    if facts.takes_files:
        # Large bodies from those who are known alone.
        request.max_content_length = current_app.config["ATTACHMENTS_BYTES"] + FORM_ROOM


def begin_change() -> Actor:
    """`begin_write` for what a caller does: the credential and its rights are read again.

    A body may take minutes to arrive, and rights may be taken meanwhile. Answers the caller as they
    are now. Raises what `check` raises.
    """
    begin_write()
    take_turn(actor().id)
    del g.api_caller
    check()
    return actor()


def facts_of(endpoint: str) -> Facts | None:
    """What the endpoint has declared."""
    return getattr(current_app.view_functions.get(endpoint), "facts", None)


def _require(found: Caller, facts: Facts) -> None:
    found.require_scope(facts.scope)
    staff_only = facts.audience in {Audience.STAFF, Audience.ADMIN}
    if staff_only and not found.actor.is_staff:
        raise Forbidden
    if facts.audience is Audience.ADMIN and not found.actor.is_admin:
        raise Forbidden
    if facts.needs_proof:
        step_up.require(found.actor)
