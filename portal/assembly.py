"""Puts the application together from its parts."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from portal import (
    account,
    admin,
    api,
    auth,
    cli,
    config,
    extensions,
    help_pages,
    logs,
    people,
    reporting,
    setup,
    tickets,
    web,
    webhook_pages,
)
from portal.cli.system_user import refuse_root
from portal.engines import prepare_engine
from portal.mail import transport
from portal.queueing import Enqueuer
from portal.settings import chosen
from portal.storage import open_storage
from portal.web.files import file_store
from portal.web.rate_limits import daily_calls

# Once, before any application registers them.
for _bp in (account.bp, admin.bp):
    webhook_pages.add_routes(_bp)


class _App(Flask):
    """Flask without two checks that it makes at each request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` as it is: no view or hook is a coroutine."""
        return func


def assemble(settings: Mapping[str, Any] | None) -> Flask:
    """See `portal.create_app`."""
    app = _App(
        "portal",
        template_folder=str(config.ROOT / "templates"),
        static_folder=None,  # served by portal.web.templating.assets under hashed names
        instance_path=str(config.ROOT),
    )
    app.config.from_mapping(config.load() if settings is None else settings)
    refuse_root(app.config["DATA_DIR"])
    logs.configure(app.config["LOG_LEVEL"], app.config["LOG_FORMAT"])
    if dsn := app.config["SENTRY_DSN"]:
        reporting.start(dsn)
    _attach_extensions(app)
    chosen.attach(app)
    find_owner = file_store.ownership_check(app)
    app.extensions["lodge.storage"] = open_storage(
        app.config["FILES_URL"], find_owner, account=app.config["S3_ACCOUNT"]
    )
    app.extensions["lodge.mail"] = transport.open_transport(app.config["MAIL_URL"])
    web.attach(app)
    for edge in (auth, setup, tickets, people, account, admin, help_pages):
        app.register_blueprint(edge.bp)
    api.attach(app)
    cli.attach(app)
    return app


def _attach_extensions(app: Flask) -> None:
    extensions.db.init_app(app)
    extensions.login_manager.init_app(app)
    extensions.htmx.init_app(app)
    app.config.setdefault("RATELIMIT_STORAGE_URI", _limiter_url(app.config["REDIS_URL"]))
    app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", {"socket_timeout": 0.5})
    app.config.setdefault("RATELIMIT_STRATEGY", "sliding-window-counter")
    app.config.setdefault("RATELIMIT_IN_MEMORY_FALLBACK_ENABLED", True)
    # The fallback serves the one request that finds the storage gone; those beside it would fail.
    app.config.setdefault("RATELIMIT_SWALLOW_ERRORS", True)
    extensions.limiter.init_app(app)
    daily_calls.attach(app)
    with app.app_context():
        for engine in extensions.db.engines.values():
            prepare_engine(engine)
    app.extensions["lodge.enqueuer"] = Enqueuer(app.config["REDIS_URL"])


def _limiter_url(redis_url: str) -> str:
    """Return the URL as Flask-Limiter spells it: `redis+unix://` where Redis says `unix://`."""
    return redis_url.replace("unix://", "redis+unix://", 1).replace("?db=0", "")
