"""How often strangers may try: keys for Flask-Limiter's decorators."""

from flask import request
from flask_limiter.util import get_remote_address


def by_address() -> str:
    """The peer, or what the configured number of proxies say of it."""
    return f"address:{get_remote_address()}"


def by_account() -> str:
    """The account that is being tried, whether it exists or not."""
    return f"account:{request.form.get('email', '').strip().lower()[:254]}"
