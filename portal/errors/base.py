"""What every domain error is, those that any domain raises, and the operator's.

Nothing of ours is imported here, because small processes need ConfigError alone.
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


class ConfigError(Exception):
    """A setting or a package is missing or wrong. The text is one line for the operator."""
