"""`/account`: one's own account, the export of its data, its deletion."""

from typing import Any

from flask import Response, request
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor, by_caller, by_credential
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Answer, Schema, Secret, about, moment
from portal.api.people.passwords import prove_presence
from portal.api.people.users import own_profile
from portal.api.responses import committed, json_response
from portal.api.schemas import UserSchema
from portal.errors import LastAdmin, LastOwner, NotFound, ProofNeeded
from portal.extensions import db
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.queries.privacy import privacy_requests as queries
from portal.security.people import step_up
from portal.security.people.passwords import MAX_LENGTH
from portal.services.privacy import privacy_requests as services
from portal.web.files import downloads
from portal.web.rate_limits import limits


class PrivacyRequestSchema(Answer):
    """What one has asked for about one's data, and how far it is."""

    id = fields.Integer(metadata=about("Its id.", 7))
    kind = fields.String(
        metadata={"enum": [str(k) for k in PrivacyKind], **about("A copy, or being forgotten.")}
    )
    state = fields.String(
        metadata={"enum": [str(s) for s in PrivacyState], **about("How far it is.")}
    )
    progress = fields.Integer(metadata=about("In percent.", 40))
    created_at = moment("When it was asked for.")
    due_at = moment("When the deletion happens; of a copy: when it is worked on.")


class DeletionSchema(Schema):
    """Proof of who asks."""

    password = Secret(
        max_length=MAX_LENGTH, metadata=about("Needed unless one has just signed in.")
    )


@bp.serve("GET", "/account/me", to=Audience.SIGNED_IN, tag="account", gives=UserSchema)
def read_account() -> Response:
    """One's own account."""
    return own_profile()


@bp.serve(
    "POST",
    "/account/export-data",
    to=Audience.SIGNED_IN,
    tag="account",
    gives=PrivacyRequestSchema,
    status=202,
    headers={"Location": "Where the copy will be."},
    limits=limits.call_limits(limits.EXPORT, by_caller),
    needs_proof=True,
)
def export_data() -> Response:
    """Have a copy made of everything that is known about oneself. A mail says when it is ready.

    While one is being made, asking again answers with that one.
    """
    begin_change()
    made = services.ask_export(actor=actor())
    where = {"Location": f"/api/v1/account/exports/{made.id}"}
    return committed(json_response(_json(made), 202, where))


@bp.serve(
    "GET",
    "/account/exports/<id:export_id>",
    to=Audience.SIGNED_IN,
    tag="account",
    gives="application/zip",
    also={202: PrivacyRequestSchema},
    fails=[NotFound, ProofNeeded],
    headers={"Content-Disposition": "What to call the file."},
)
def read_export(export_id: int) -> Response:
    """The copy, when it is ready; 202 tells how far it is. A while later it is gone.

    It is given to whoever has signed in within the last ten minutes, never to an API key.
    """
    found = queries.export(actor(), export_id)
    if found.is_open:
        return json_response(_json(found), 202)
    step_up.require(actor())
    found, key = queries.find_file(actor(), export_id)
    response = downloads.send_export(key, size=found.size or 0, day=f"{found.created_at:%Y-%m-%d}")
    if request.method == "GET":
        begin_change()
        queries.find_file(actor(), export_id)
        services.record_fetch(actor=actor())
        db.session.commit()
    return response


@bp.serve(
    "DELETE",
    "/account/me",
    to=Audience.SIGNED_IN,
    tag="account",
    body=DeletionSchema,
    gives=PrivacyRequestSchema,
    status=202,
    fails=[ProofNeeded, LastOwner, LastAdmin],
    limits=limits.proof_limits(by_credential),
)
def delete_account(*, body: dict[str, Any]) -> Response:
    """Ask to be forgotten. It happens in two weeks; until then it can be undone on the web.

    Whoever has not signed in within the last ten minutes, or comes with a key, sends the
    account's password along.
    """
    prove_presence(body)
    begin_change()
    return committed(json_response(_json(services.ask_deletion(actor=actor())), 202))


def _json(row: PrivacyRequest) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "progress": row.progress,
        "created_at": row.created_at,
        "due_at": row.due_at,
    }
