"""`Idempotency-Key`: a repeated POST gets the first one's response, and changes nothing again.

For 24 hours, for the same caller and URL with the same rights. While the first is in progress
others get 409; with another body 422. A request that failed may be repeated.
"""

import base64
import hashlib
import re
from contextlib import suppress
from typing import Any, NamedTuple

import orjson
from flask import Response, g, request
from flask_limiter.util import get_remote_address

from portal.api.authorization import spec_of
from portal.api.request_parsing import raw_body
from portal.errors import Invalid, ReadOnlyDesk
from portal.extensions import begin_write, db
from portal.models.people import Actor, KeyScope, User
from portal.models.tickets import Ticket
from portal.services.operations import idempotency
from portal.services.operations.idempotency import Answer

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_KEPT_HEADERS = ("Location", "ETag")


class _Claim(NamedTuple):
    """The lease under which this request works."""

    digest: str
    lease: str
    key: str


def begin() -> Response | None:
    """A `before_request` behind the guard: return the stored response, or take the lease."""
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if key is None or _is_repeatable():
        return None
    if not _KEY.fullmatch(key):
        raise Invalid(**{"Idempotency-Key": "idempotency_key"})
    digest, fingerprint = _digest(key), _fingerprint()
    begin_write()
    lease, known = idempotency.begin(digest=digest, fingerprint=fingerprint, key=key)
    db.session.commit()
    if known is not None:
        return _unpack(known)
    g.idempotency = _Claim(digest, lease, key)
    return None


def set_reader(user: User) -> None:
    """The response signs `user` in, so it is for them, although the request had no caller."""
    g.idempotency_reader = user.actor


def store_response(response: Response, ticket: Ticket | None = None) -> None:
    """Store the response in the same transaction as the change.

    It is not repeated any more once its reader may not see `ticket`.
    """
    claim: _Claim | None = g.pop("idempotency", None)
    if claim is None:
        return
    answer = Answer(_pack(response), _reader(), None if ticket is None else ticket.id)
    idempotency.finish(digest=claim.digest, lease=claim.lease, key=claim.key, answer=answer)


def _reader() -> Actor | None:
    """Whom the response is for, with the rights they had."""
    caller = g.get("api_caller")
    reader: Actor | None = g.get("idempotency_reader") or (caller and caller.actor)
    return reader


def end(response: Response) -> Response:
    """An `after_request`: release the lease of a request that stored no response."""
    if "idempotency" in g:
        claim: _Claim = g.pop("idempotency")
        # While the desk takes no changes it runs out by itself.
        with suppress(ReadOnlyDesk):
            begin_write(finishing=True)
            idempotency.release(digest=claim.digest, lease=claim.lease)
            db.session.commit()
    return response


def _is_repeatable() -> bool:
    """Whether a repeat changes nothing, so that it is simply answered anew."""
    spec = spec_of(request.endpoint or "")
    return spec is not None and spec.scope is not KeyScope.WRITE


def _digest(key: str) -> str:
    """The hash of caller (however signed in, or the address), path and key."""
    found = g.get("api_caller")
    who = f"user {found.actor.id}" if found else f"address {get_remote_address()}"
    return _hash(who.encode(), request.path.encode(), key.encode())


def _fingerprint() -> str:
    """The hash of URL, type and body; of a form without its boundary, which differs each time."""
    if request.mimetype != "multipart/form-data":
        return _hash(request.full_path.encode(), request.mimetype.encode(), raw_body())
    parts = [f"{name}={value}" for name, value in sorted(request.form.items(multi=True))]
    for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        stream: Any = file.stream
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        parts.append(f"{name}:{file.filename}:{digest}")
    return _hash(request.full_path.encode(), *(part.encode("utf-8", "replace") for part in parts))


def _hash(*parts: bytes) -> str:
    lengths = b"".join(len(part).to_bytes(8, "big") for part in parts)
    return hashlib.sha256(lengths + b"".join(parts)).hexdigest()


def _pack(response: Response) -> bytes:
    headers = {n: response.headers[n] for n in _KEPT_HEADERS if n in response.headers}
    body = base64.b64encode(response.get_data()).decode()
    return orjson.dumps([response.status_code, response.mimetype, headers, body])


def _unpack(known: bytes) -> Response:
    status, mimetype, headers, body = orjson.loads(known)
    response = Response(base64.b64decode(body), status, headers=headers)
    if mimetype:
        response.mimetype = mimetype
    else:
        del response.headers["Content-Type"]
    response.headers["Idempotent-Replayed"] = "true"
    return response
