"""What can go wrong in the domain, as types with a stable code. No HTTP, no texts for people.

`portal.web.errors` maps each type to a status and a sentence; services raise them, routes let
them pass.
"""


class DomainError(Exception):
    """The request was understood and cannot be granted."""

    code = "error"

    def __init__(self, /, **details: object) -> None:
        super().__init__(self.code)
        self.details = details


class NotFound(DomainError):
    """There is no such thing, or the actor may not know of it: the two look the same."""

    code = "not_found"


class Forbidden(DomainError):
    """The actor sees the thing but lacks the right to do this to it."""

    code = "forbidden"


class ForeignOrigin(DomainError):
    """A page of another site made the browser send this."""

    code = "foreign_origin"


class Invalid(DomainError):
    """A value is not acceptable. `details` names fields: `Invalid(subject="too_long")`."""

    code = "invalid"


class TicketClosed(DomainError):
    """A closed ticket is final: nothing is added to it."""

    code = "ticket_closed"


class NotSolved(DomainError):
    """What is asked for has to wait until the ticket is solved."""

    code = "not_solved"


class Stale(DomainError):
    """Something came in since the writer looked; `details["since"]` is the version they saw."""

    code = "stale"


class LastAdmin(DomainError):
    """The change would leave nobody who can administer the desk."""

    code = "last_admin"


class LastOwner(DomainError):
    """The change would leave an organization without an owner."""

    code = "last_owner"


class MemberElsewhere(DomainError):
    """The person belongs to an organization already, and has to leave it first."""

    code = "member_elsewhere"


class BadLink(DomainError):
    """A mailed link that is used up, too old, replaced by a newer one, or not ours."""

    code = "bad_link"


class NotConfigured(DomainError):
    """The operator has not set what this needs. `details["setting"]` names it."""

    code = "not_configured"


class TooLarge(DomainError):
    """An upload is over a limit. `details["limit"]` is in bytes (or files, for `too_many`)."""

    code = "too_large"


class StorageFull(DomainError):
    """The file store cannot take the bytes now."""

    code = "storage_full"


class ForeignStore(DomainError):
    """The file store is not this desk's. `details["reason"]` is one line for the operator."""

    code = "unavailable"

    def __str__(self) -> str:
        return str(self.details["reason"])


class SignInNeeded(DomainError):
    """Nobody is signed in, and this is not for everybody."""

    code = "sign_in_needed"


class BadCredential(SignInNeeded):
    """A token or key that opens nothing: forged, expired, revoked, used up."""

    code = "bad_credential"


class WrongPassword(DomainError):
    """An address and a password that do not go together, or a password that is not the one."""

    code = "wrong_password"


class CodeNeeded(DomainError):
    """The password was right, and a code of the second factor has to come with it."""

    code = "code_needed"


class WrongCode(DomainError):
    """The code of the second factor is wrong, or was used before."""

    code = "wrong_code"


class SecondFactorNeeded(DomainError):
    """The account's role has to set up a second factor first, on the pages."""

    code = "second_factor_needed"


class ScopeTooNarrow(DomainError):
    """The key may read and not write."""

    code = "scope_too_narrow"


class ProofNeeded(DomainError):
    """Who asks has to prove again that it is them: the last proof is too old."""

    code = "proof_needed"


class EmailTaken(DomainError):
    """There is an account with that address."""

    code = "email_taken"


class RegistrationClosed(DomainError):
    """Accounts are not opened in that way on this desk; see the setting REGISTRATION."""

    code = "registration_closed"


class VersionNeeded(DomainError):
    """A change has to say which version it is a change of."""

    code = "version_needed"


class VersionChanged(DomainError):
    """The thing is not the version that the change was made for."""

    code = "version_changed"


class StillRunning(DomainError):
    """The same request is being answered at this moment."""

    code = "still_running"


class AnswerEnded(DomainError):
    """The request was done before; what was answered then is not the caller's to see any more."""

    code = "answer_ended"


class KeyReused(DomainError):
    """The idempotency key stands for another request."""

    code = "key_reused"


class ConfigError(Exception):
    """A setting or a package is missing or wrong. The text is one line for the operator."""
