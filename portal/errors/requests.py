"""What is wrong with a request, whatever it asks for."""

from portal.errors.base import DomainError, _


class ForeignOrigin(DomainError):
    """The request was sent by a page of another site."""

    code = "foreign_origin"
    status = 403
    sentence = _(
        "This came from another site, so nothing was done. Open the page here and do it again."
    )


class ScopeTooNarrow(DomainError):
    """The API key may read but not write."""

    code = "scope_too_narrow"
    status = 403
    detail = _("This API key may only read.")
    challenge = 'error="insufficient_scope", scope="write"'


class WrongScope(DomainError):
    """The API key is for another part of the API."""

    code = "wrong_scope"
    status = 403
    detail = _("This API key is for something else: its scope says for what.")
    challenge = 'error="insufficient_scope"'


class VersionNeeded(DomainError):
    """The request lacks If-Match, the version that it changes."""

    code = "version_needed"
    status = 428
    detail = _("Send the ETag that you have read as If-Match.")


class VersionChanged(DomainError):
    """The object has another version than the one in If-Match."""

    code = "version_changed"
    status = 412
    detail = _("Read it again, and send the new ETag as If-Match.")


class StillRunning(DomainError):
    """Another request with the same idempotency key is being processed."""

    code = "still_running"
    status = 409
    detail = _("The first request with this Idempotency-Key is still being answered.")
    retry_after = 1


class AnswerEnded(DomainError):
    """The stored response to a repeated request is not visible to the caller any more."""

    code = "answer_ended"
    status = 410
    detail = _(
        "The request was done, and its answer is not yours to see any more: your rights have "
        "changed since, or what it tells of is gone."
    )


class KeyReused(DomainError):
    """The idempotency key was used with another request."""

    code = "key_reused"
    status = 422
    detail = _("This Idempotency-Key was sent with another request before.")
