"""Step-up authentication: sensitive functions need a recent proof of identity.

`@sensitive` stands on the service function, so that pages (password or passkey) and API (recent
sign-in) both ask for it. Functions that grant or take rights, or take all data, are sensitive.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from portal import clock
from portal.errors import ProofNeeded
from portal.models.people import Actor

# How long a proof of identity is valid, for pages and API.
FRESH = timedelta(minutes=10)
Verb = TypeVar("Verb", bound=Callable[..., Any])
# Module and name of every sensitive verb.
SENSITIVE_VERBS: set[str] = set()


def sensitive(verb: Verb) -> Verb:
    """Decorate a function with `actor=` so that it raises ProofNeeded without a recent proof."""
    SENSITIVE_VERBS.add(f"{verb.__module__}.{verb.__name__}")

    @wraps(verb)
    def asked(*args: Any, actor: Actor, **kwargs: Any) -> Any:
        require(actor)
        return verb(*args, actor=actor, **kwargs)

    return asked  # type: ignore[return-value]


def require(actor: Actor) -> None:
    """Raise ProofNeeded unless the proof of `actor` is recent."""
    if not is_fresh(actor):
        raise ProofNeeded(max_age=FRESH.seconds)


def is_fresh(actor: Actor) -> bool:
    """Whether the actor proved their identity within the last ten minutes.

    API keys are no proof, and neither are commands and jobs.
    """
    return actor.confirmed_at is not None and clock.now() - actor.confirmed_at < FRESH
