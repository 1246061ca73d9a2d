"""What the HTTP edges share: sessions, middleware, error pages, forms, Jinja, rate limits.

Knows requests and templates, but nothing of a single blueprint's pages.
"""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.web import errors, home, language, read_only, theme
from portal.web.assistance import model_run
from portal.web.live_updates import hub, presence, process
from portal.web.middleware import compression, cross_site, headers, request_limits, urls
from portal.web.operations import api_log, health, metrics
from portal.web.people import second_factor, sessions
from portal.web.templating import assets, filters, fragment_cache, jinja


def attach(app: Flask) -> None:
    """Register everything that happens around each request."""
    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_prefix=0
        )
    app.url_map.converters["id"] = urls.RowId
    app.url_map.converters["user"] = urls.UserNumber
    jinja.attach(app)
    hub.attach(app)
    presence.attach(app)
    model_run.attach(app)
    process.attach(app)
    # A request passes them in this order.
    metrics.attach(app)
    api_log.attach(app)
    headers.attach(app)
    sessions.attach(app)
    # Before the checks, so that what they refuse is said in the reader's language.
    language.attach(app)
    theme.attach(app)
    read_only.attach(app)
    cross_site.attach(app)
    request_limits.attach(app)
    second_factor.attach(app)
    assets.attach(app)
    filters.attach(app)
    fragment_cache.attach(app)
    home.attach(app)
    health.attach(app)
    errors.attach(app)
    compression.attach(app)
