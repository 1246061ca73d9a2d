"""Domain errors: a class for each, with its code, HTTP status and texts.

Services raise them; `portal.web.errors` turns them into pages and problem documents. Nothing
of ours is imported here, because small processes need ConfigError alone.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def _(message: str) -> str:
    """Mark a text for the catalogues. It is translated where the response is made."""
    return message


class DomainError(Exception):
    """The request was understood and cannot be granted."""

    # Machine-readable code, part of the API.
    code = "error"
    # HTTP status.
    status = 400
    # Text on pages; empty: the text of all errors with that status.
    sentence = ""
    # Advice to API clients; empty: the text on pages.
    detail = ""
    # Retry-After in seconds, if known.
    retry_after = 0
    # Parameters of WWW-Authenticate: Bearer (RFC 6750) for an insufficient credential.
    challenge = ""

    def __init__(self, /, **details: object) -> None:
        super().__init__(self.code)
        self.details = details


class NotFound(DomainError):
    """The object does not exist or is not visible to the actor: both look the same."""

    code = "not_found"
    status = 404
    detail = _("There is no such thing, or it is not yours to see.")


def or_not_found(thing: T | None) -> T:
    """What was looked for. Raises NotFound where it is None."""
    if thing is None:
        raise NotFound
    return thing


class Forbidden(DomainError):
    """The actor sees the object but lacks the right to do this to it."""

    code = "forbidden"
    status = 403
    detail = _("The account does not have the right to do this.")


class ForeignOrigin(DomainError):
    """The request was sent by a page of another site."""

    code = "foreign_origin"
    status = 403
    sentence = _(
        "This came from another site, so nothing was done. Open the page here and do it again."
    )


class Invalid(DomainError):
    """A value is not acceptable. `details` names fields: `Invalid(subject="too_long")`."""

    code = "invalid"
    status = 422
    detail = _("See `errors` for each field.")


def require_all(*checks: Callable[[], T]) -> list[T]:
    """The results of all checks. Raises one Invalid with the fields of all that raise it."""
    found: list[T] = []
    wrong: dict[str, object] = {}
    for check in checks:
        try:
            found.append(check())
        except Invalid as problem:
            wrong |= problem.details
    if wrong:
        raise Invalid(**wrong)
    return found


class TooBroad(DomainError):
    """The database would have to read too much to answer a search."""

    code = "too_broad"
    status = 422
    sentence = _(
        "This search would have to read too many tickets. Narrow it: name a status, a person or a "
        "word."
    )


class TooManyExports(DomainError):
    """The person has as many exports waiting or being written as one may have."""

    code = "too_many_exports"
    status = 409
    sentence = _(
        "As many exports of yours are being made as there may be at once. Wait for one of them, or "
        "call one off."
    )


class TicketClosed(DomainError):
    """A closed ticket is final: nothing is added to it."""

    code = "ticket_closed"
    status = 409
    sentence = _("This ticket is closed, and closed is final. Please file a new one.")


class AlreadySent(DomainError):
    """An answer that was to be taken back has left, or was taken back already."""

    code = "already_sent"
    status = 409
    sentence = _("Too late: this answer has left, or was taken back already.")


class TooLateToUndo(DomainError):
    """The time in which a change of many tickets can be undone is over, or nothing was changed."""

    code = "too_late_to_undo"
    status = 409
    sentence = _("Too late: this cannot be undone any more, and the tickets stay as they are.")


class AssigneeAway(DomainError):
    """The person is away, and gets no new tickets."""

    code = "assignee_away"
    status = 409
    sentence = _("This person is away and gets no new tickets. Choose somebody else, or nobody.")


class PlanFull(DomainError):
    """The organization's plan has no more room; `details` has what it is full of, and how many."""

    code = "plan_full"
    status = 402
    sentence = _(
        "The plan of this organization has no more room. Its owner can see what is in use, and we "
        "can change the plan."
    )


class OrganizationShut(DomainError):
    """The organization's access was switched off by the desk."""

    code = "organization_shut"
    status = 403
    sentence = _(
        "The access of your organization is switched off. Your organization's owner, or we, can "
        "tell you why."
    )


class MacroOutdated(DomainError):
    """A macro asks for somebody or something that is no more; `details["field"]` names what."""

    code = "macro_outdated"
    status = 409
    sentence = _(
        "This macro asks for somebody or something that is no more, so nothing was done. Change it "
        "first."
    )


class NotSolved(DomainError):
    """The action needs a solved ticket."""

    code = "not_solved"
    status = 409
    sentence = _("A ticket can be rated once it is solved, and this one is not.")


class Stale(DomainError):
    """Somebody else changed the ticket since; `details["since"]` is the version the writer saw."""

    code = "stale"
    status = 409
    detail = _("Read the newest state, then try again.")


class SettingsChanged(DomainError):
    """Somebody else changed a setting while this page of them was open."""

    code = "settings_changed"
    status = 409
    sentence = _("Somebody has changed settings meanwhile. Look at them again, then change yours.")


class LastAdmin(DomainError):
    """The change would leave nobody who can administer the desk."""

    code = "last_admin"
    status = 409
    sentence = _("This is the last active administrator: name another one first.")


class RoleInUse(DomainError):
    """The named role cannot be deleted while somebody has it."""

    code = "role_in_use"
    status = 409
    sentence = _("Somebody has this role: give them another one first.")


class LastOwner(DomainError):
    """The change would leave an organization without an owner."""

    code = "last_owner"
    status = 409
    sentence = _("This is the organization's last owner: make somebody else an owner first.")


class MemberElsewhere(DomainError):
    """The person belongs to an organization already, and has to leave it first."""

    code = "member_elsewhere"
    status = 409
    sentence = _(
        "This account belongs to another organization. Leave that one first, then use the link "
        "again."
    )


class BadLink(DomainError):
    """A mailed link that was used, has expired, was replaced by a newer one, or is forged."""

    code = "bad_link"
    status = 410
    detail = _("It was used, has expired, or was replaced by a newer one. Ask for a new one.")


class NotConfigured(DomainError):
    """The operator has not set what this needs. `details["setting"]` names it."""

    code = "not_configured"
    status = 503
    sentence = _("The operator of this desk has not set this up.")


class TooLarge(DomainError):
    """An upload is over a limit: `details["limit"]`, in bytes of the file `name`, or of `count`."""

    code = "too_large"
    status = 413
    detail = _("Send less: the limits are in the description of the endpoint.")


class StorageFull(DomainError):
    """The file store cannot take the bytes now."""

    code = "storage_full"
    status = 507
    detail = _("The server cannot store this now. Nothing was saved; try again later.")


class ForeignStore(DomainError):
    """The file store is not this desk's. `details["reason"]` is one line for the operator."""

    code = "unavailable"
    status = 503
    detail = _("Try again shortly.")
    retry_after = 5

    def __str__(self) -> str:
        return str(self.details["reason"])


class SignInNeeded(DomainError):
    """Nobody is signed in, and this is not for everybody."""

    code = "sign_in_needed"
    status = 401
    detail = _(
        "Send an access token or an API key: Authorization: Bearer …. Cookies are not looked at."
    )


class BadCredential(SignInNeeded):
    """The token or key is forged, expired, revoked or used up."""

    code = "bad_credential"
    status = 401
    detail = _("The token or key is wrong, has expired, or was revoked.")
    challenge = 'error="invalid_token"'


class WrongPassword(DomainError):
    """Address and password do not match, or the password of the account is wrong."""

    code = "wrong_password"
    status = 401
    detail = _("The address and the password do not go together.")


class CodeNeeded(DomainError):
    """The password was right; a code of the second factor is missing."""

    code = "code_needed"
    status = 401
    detail = _(
        "The account has a second factor: send `code`, six digits of the app or a recovery code."
    )


class WrongCode(DomainError):
    """The code of the second factor is wrong, or was used before."""

    code = "wrong_code"
    status = 401
    detail = _("This code is not right, or was used before.")


class SecondFactorNeeded(DomainError):
    """The account or its role requires a second factor, which has not been set up."""

    code = "second_factor_needed"
    status = 403
    detail = _("Your account needs a second factor. Set one up on the web first.")


class ScopeTooNarrow(DomainError):
    """The API key may read but not write."""

    code = "scope_too_narrow"
    status = 403
    detail = _("This API key may only read.")
    challenge = 'error="insufficient_scope", scope="write"'


class ProofNeeded(DomainError):
    """The actor has to prove their identity again: the last proof is too old."""

    code = "proof_needed"
    status = 403
    detail = _(
        "Sign in again and use the new access token, or send the account's `password` where the "
        "endpoint takes it. An API key is no proof that its owner is there."
    )

    def __init__(self, /, *, max_age: int) -> None:
        """`max_age` is how old a proof may be, in seconds (RFC 9470)."""
        super().__init__()
        self.challenge = f'error="insufficient_user_authentication", max_age="{max_age}"'


class EmailTaken(DomainError):
    """There is an account with that address."""

    code = "email_taken"
    status = 409
    sentence = _("Another account has that address by now. Write to us, and we see to it.")
    detail = _("There is an account with this address. Sign in, or reset its password.")


class RegistrationClosed(DomainError):
    """The setting REGISTRATION does not allow opening accounts in this way."""

    code = "registration_closed"
    status = 403
    sentence = _(
        "Accounts are opened by invitation on this desk. Ask a colleague who has one, or write to "
        "us."
    )


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


class ConfigError(Exception):
    """A setting or a package is missing or wrong. The text is one line for the operator."""
