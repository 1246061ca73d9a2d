"""Headers of every response: security policies, caching, and the request's id."""

import re
import secrets
from functools import partial

from flask import Flask, Response, g

from portal import logs
from portal.web.current import current_request

# No inline script or style anywhere, so no nonce is needed and no 'unsafe-inline' (ASVS 3.4.3).
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    # Mails as they were sent, with a policy of their own; see `frame`.
    "frame-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
# For files: a browser that shows one runs no script, sends no form or request, and gives it no
# origin.
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
# A mail that is looked at: styles are in its tags.
MAIL_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
# The same on every response.
_FIXED_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    # Other sites cannot load anything of ours. CORS_ORIGINS is not affected: CORS requests are
    # exempt from it.
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"),
)
# Unless the view has set them.
_USUAL_HEADERS = (
    ("X-Frame-Options", "DENY"),
    ("Cache-Control", "no-store"),
)
_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)


def attach(app: Flask) -> None:
    usual = (("Content-Security-Policy", policy(app.config["STREAMS_URL"])), *_USUAL_HEADERS)
    app.before_request(_name_request)
    app.after_request(partial(_set_headers, usual))
    app.teardown_request(_forget_request)


def _name_request() -> None:
    """Use the proxy's request id if there is a trusted proxy, else a new one."""
    # From the environ: a missing header costs an exception in `request.headers`.
    environ = current_request().environ
    given = environ.get("HTTP_X_REQUEST_ID", "")
    trusted = environ.get("werkzeug.proxy_fix.orig") is not None
    name = given if trusted and _ID.fullmatch(given) else secrets.token_hex(8)
    g.request_id = name
    logs.request_id.set(name)


def _forget_request(_error: BaseException | None) -> None:
    """A thread serves many requests: what it logs between two of them has no id."""
    logs.request_id.set("-")


def policy(streams_url: str) -> str:
    """CSP, also for pages whose streams come from another origin."""
    return CSP.replace("connect-src 'self'", f"connect-src 'self' {streams_url}".rstrip())


def _set_headers(always: tuple[tuple[str, str], ...], response: Response) -> Response:
    headers, asked = response.headers, current_request()
    named = {name.lower() for name, _value in headers}
    # Not `no-referrer`: over TLS the CSRF check needs the Referer. On the page of a mailed link the
    # origin is enough: the whole URL would write the token into logs.
    mailed = "token" in (asked.view_args or ())
    usual = (*always, ("Referrer-Policy", "strict-origin" if mailed else "same-origin"))
    added = [(name, value) for name, value in usual if name.lower() not in named]
    if asked.is_secure:
        added.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    # At once: one by one each would be looked for among the others.
    headers.extend([("X-Request-ID", g.get("request_id", "-")), *added, *_FIXED_HEADERS])
    if response.mimetype == "text/html":
        # A fragment and a page share a URL; a cache must not take one for the other.
        vary_by(response, "HX-Request, Cookie, Accept-Language")
    return response


def frame(response: Response, *, style: str, pictures: str) -> None:
    """Let a page of ours show it in a frame, as what a stranger wrote.

    It has no origin, runs nothing, sends nothing, and has that one style (a source of CSP). A page
    that one of its links opens is a page as any other, and is not told from where.
    """
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {pictures}; style-src {style}; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    # Names of servers in its links are looked up when somebody follows one.
    response.headers["X-DNS-Prefetch-Control"] = "off"


def vary_by(response: Response, names: str) -> None:
    """Add `names` to Vary. `response.vary` would parse and write the header for each of them."""
    known = response.headers.get("Vary", "")
    if names not in known:
        response.headers["Vary"] = f"{known}, {names}" if known else names
