"""The JSON API. It takes bearer credentials only, never the pages' cookie; hence no CSRF check.

A module for each noun; an endpoint is declared by `@bp.serve(…)` (see `blueprint`): audience,
input, output, errors. Nothing else makes it reachable or documented. To add a noun: write its
module in this package, list it in the import below, and its tag in `openapi.texts.TAGS`. Bodies
come in through schemas of `fields`; responses are built by functions that list each field;
`responses.committed` is the one commit of a change.
"""

from flask import Flask

from portal.api import authentication, authorization, cors, idempotency, limits, responses
from portal.api.blueprint import Blueprint
from portal.api.openapi import document
from portal.extensions import csrf
from portal.web.rate_limits.limits import limit_blueprint as share_limit

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)
share_limit(bp, authentication.by_caller)
bp.before_request(authorization.check)
bp.before_request(idempotency.begin)
# Flask calls them from the last to the first.
bp.after_request(authentication.touch_key)
bp.after_request(idempotency.end)
bp.after_request(responses.drop_content_type)

from portal.api.inbound import messages  # noqa: E402 - the module registers its endpoint
from portal.api.operations import (  # noqa: E402 - the modules register their endpoints
    logs,
    table_export_schedules,
    table_exports,
)
from portal.api.organizations import (  # noqa: E402 - the modules register their endpoints
    customers,
    domains,
    organizations,
)
from portal.api.people import (  # noqa: E402 - the modules register their endpoints
    account,
    admin,
    auth,
    passwords,
    registration,
    users,
)
from portal.api.products import (  # noqa: E402 - the modules register their endpoints
    products,
    syncs,
)
from portal.api.statistics import statistics  # noqa: E402 - the module registers its endpoint
from portal.api.tickets import (  # noqa: E402 - the modules register their endpoints
    attachments,
    comments,
    drafts,
    filing,
    participants,
    people,
    ratings,
    stats,
    suggestions,
    tickets,
)
from portal.api.webhooks import (  # noqa: E402 - the modules register their endpoints
    deliveries,
    webhooks,
)

__all__ = [
    "account",
    "admin",
    "attach",
    "attachments",
    "auth",
    "bp",
    "comments",
    "customers",
    "deliveries",
    "domains",
    "drafts",
    "filing",
    "logs",
    "messages",
    "organizations",
    "participants",
    "passwords",
    "people",
    "products",
    "ratings",
    "registration",
    "statistics",
    "stats",
    "suggestions",
    "syncs",
    "table_export_schedules",
    "table_exports",
    "tickets",
    "users",
    "webhooks",
]


def attach(app: Flask) -> None:
    """Add the API to `app`, and the document that describes it."""
    limits.attach(app)
    cors.attach(app)
    api = document.new(app)
    api.register_blueprint(bp)
    app.extensions["lodge.api"] = api.spec
    from portal.api.openapi import viewers

    app.register_blueprint(viewers.bp)
