"""The JSON API. Bearer credentials only, never the pages' cookie, hence no CSRF check.

A module for each noun; an endpoint is declared by `@bp.serve(…)` (see `house`): its audience, what
it takes and gives, how it fails. Nothing else makes it reachable or documented. To add a noun:
write its module in this package, list it in the import below, and its tag in `document.TAGS`.
Bodies come in through schemas of `fields`; answers go out through functions that list each field;
`answers.committed` is the one commit of a change.
"""

from flask import Flask

from portal.api import callers, document, guard, limits
from portal.api.house import House
from portal.extensions import csrf

bp = House("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)
limits.share(bp)
bp.before_request(guard.check)
bp.after_request(callers.touch_key)

from portal.api import (  # noqa: E402 - the modules register their endpoints
    account,
    auth,
    logs,
    passwords,
    registration,
    users,
    webhooks,
)

__all__ = [
    "account",
    "attach",
    "auth",
    "bp",
    "logs",
    "passwords",
    "registration",
    "users",
    "webhooks",
]


def attach(app: Flask) -> None:
    """Add the API to `app`, and the document that describes it."""
    limits.attach(app)
    api = document.new(app)
    api.register_blueprint(bp)
    app.extensions["lodge.api"] = api.spec
    from portal.api import docs

    app.register_blueprint(docs.bp)
