"""Fresh proof before sensitive deeds: who holds a session, a token or a key need not be its owner.

`@sensitive` stands on the verb, so every door to it asks: the pages for the password or a passkey,
the API for a sign-in of late. What is sensitive is what gives power, takes it, or takes everything
away with it.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from portal import clock
from portal.errors import ProofNeeded
from portal.models.people import Actor

# How long a proof holds, on pages and for programs.
FRESH = timedelta(minutes=10)
Verb = TypeVar("Verb", bound=Callable[..., Any])
# Module and name of every sensitive verb.
SENSITIVE_VERBS: set[str] = set()


def sensitive(verb: Verb) -> Verb:
    """Let `verb`, which takes `actor=`, run only for somebody who has just proved to be there.

    Raises ProofNeeded before anything is done.
    """
    SENSITIVE_VERBS.add(f"{verb.__module__}.{verb.__name__}")

    @wraps(verb)
    def asked(*args: Any, actor: Actor, **kwargs: Any) -> Any:
        require(actor)
        return verb(*args, actor=actor, **kwargs)

    return asked  # type: ignore[return-value]


def require(actor: Actor) -> None:
    """Raise ProofNeeded unless the proof of `actor` is fresh."""
    if not is_fresh(actor):
        raise ProofNeeded(max_age=FRESH.seconds)


def is_fresh(actor: Actor) -> bool:
    """Whether the person proved to be there within the last ten minutes.

    An API key proves nothing, however new; nor do commands and jobs, which speak for nobody.
    """
    return actor.confirmed_at is not None and clock.now() - actor.confirmed_at < FRESH
