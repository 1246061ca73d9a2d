"""How often people may try: keys for Flask-Limiter's decorators."""

from flask import Response, request
from flask_limiter.util import get_remote_address
from flask_login import current_user

from portal.extensions import limiter


def by_address() -> str:
    """The peer, or what the configured number of proxies say of it."""
    return f"address:{get_remote_address()}"


def by_account() -> str:
    """The account that is being tried, whether it exists or not."""
    return f"account:{request.form.get('email', '').strip().lower()[:254]}"


def by_actor() -> str:
    """Who is signed in. Strangers are refused anyway: they share one."""
    return f"actor:{getattr(current_user, 'id', '')}"


def by_everybody() -> str:
    """One count for all the world: what many addresses and accounts may do together."""
    return "everybody"


def _serves() -> bool:
    return bool(getattr(current_user, "is_staff", False))


# Filing and answering together: more than hands can type, less than a flood. Staff are trusted.
writing = limiter.shared_limit(
    "300 per 10 minutes", scope="writing", key_func=by_actor, exempt_when=_serves
)


def refused(response: Response) -> bool:
    """Whether a form was answered by anything but the way to the next page: that counts."""
    return response.status_code != 303
