"""Error pages. Domain errors (`portal.errors`) have their own messages."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask, Response, g, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from portal import errors, logs
from portal.extensions import db
from portal.i18n import lazy_gettext as _
from portal.web import language, problems, refusal_texts, refused_forms
from portal.web.fragments import wants_fragment
from portal.web.people import confirm, sessions
from portal.web.rate_limits import counts

log = logging.getLogger(__name__)

_DATABASE_WAIT = 5
# What was refused may succeed as it is, or with fewer files; else its texts are for copying.
_WORTH_SENDING_AGAIN = frozenset({408, 413, 422, 429, 500, 503, 507})

# Title and message by status.
PAGES = {
    400: (
        _("This request could not be understood"),
        _("Your browser sent something that this page does not understand. Go back and try again."),
    ),
    401: (
        _("Please sign in"),
        _("Your session has ended. Sign in and try again."),
    ),
    402: (
        _("The plan is full"),
        _("The plan of this organization has no more room."),
    ),
    403: (
        _("You may not do this"),
        _("Your account does not have the right to do this."),
    ),
    404: (
        _("Nothing here"),
        _("The page does not exist, or it is not yours to see."),
    ),
    405: (
        _("That is not possible here"),
        _("This address does not take that kind of request."),
    ),
    408: (
        _("That took too long"),
        _("What you sent came too slowly to wait for it. Try again on a better connection."),
    ),
    409: (
        _("Something changed meanwhile"),
        _("Reload the page to see its present state, then try again."),
    ),
    410: (
        _("This link does not work any more"),
        _("It was used, has expired, or was replaced by a newer one. Ask for a new one."),
    ),
    413: (
        _("That is too large"),
        _("What you sent is larger than this page takes. Send less, or smaller files."),
    ),
    415: (
        _("This kind of content is not accepted"),
        _("This address takes ordinary forms only."),
    ),
    422: (
        _("Something in the form is not right"),
        _("A value in the address or the form is not one that this page knows."),
    ),
    429: (
        _("Too many attempts"),
        _("Wait a little, then try again."),
    ),
    500: (
        _("Something broke on our side"),
        _("The error has been written down. Tell us the number below if it happens again."),
    ),
    503: (
        _("Not available at the moment"),
        _("We are back in a moment. Try again shortly."),
    ),
    507: (
        _("No space left"),
        _("The server cannot store this now. Nothing was saved; try again later."),
    ),
}
# The title where the message gives a reason of its own.
_CANNOT_BE_DONE = _("That cannot be done")
_FORM_EXPIRED_TITLE = _("This form has expired")
_FORM_EXPIRED = _("You have signed out or in again since this page was opened. Nothing was sent.")
_CANNOT_BE_STORED = _("The text contains characters that cannot be stored.")
_UNKNOWN_HOST = _("This server does not answer under that name.")


def attach(app: Flask) -> None:
    """Register the handlers: a page, a fragment for HTMX, or a problem for the API."""
    for kind, handler in _HANDLERS.items():
        app.register_error_handler(kind, _after_rollback(handler))


def _after_rollback(handler: Callable[[Any], AnyResponse]) -> Callable[[Any], AnyResponse]:
    """`handler` after a rollback: no write lock is held while the page renders."""

    def answer_error(error: Exception) -> AnyResponse:
        with suppress(SQLAlchemyError):  # a lost connection holds no lock
            db.session.rollback()
        return handler(error)

    return answer_error


def error_response(
    status: int,
    sentence: object = "",
    headers: list[tuple[str, str]] | None = None,
    **changes: object,
) -> Response:
    """The error page (or fragment, or problem) of `status`; `sentence` replaces its message.

    A page shows what was typed into the form that was sent: `refused_forms`.
    """
    if problems.is_api_request():
        return problems.from_status(status, headers or ())
    status = status if status in PAGES else (500 if status >= 500 else 400)
    title, message = PAGES[status]
    if sentence and status == 409:  # nothing has changed, and no reload helps
        title = _CANNOT_BE_DONE
    context = {
        "status": status,
        "title": title,
        "message": sentence or message,
        "request_id": g.get("request_id", "-"),
        "form": refused_forms.of_request(again=status in _WORTH_SENDING_AGAIN),
        "framed": status < 500 and _is_known(),
        **changes,
    }
    template = "errors/_error.html" if wants_fragment() else "errors/error.html"
    response = Response(render_template(template, **context), status, mimetype="text/html")
    for name, value in headers or []:
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _is_known() -> bool:
    """Whether a signed-in reader was looked up already: an error asks the database nothing more."""
    reader = g.get("_login_user")
    return reader is not None and reader.is_authenticated


def _domain_error(error: errors.DomainError) -> AnyResponse:
    if isinstance(error, errors.BadLink):
        counts.add(counts.Attempt.LINK)
    if problems.is_api_request():
        return problems.from_error(error)
    if isinstance(error, errors.ProofNeeded):
        return confirm.ask_for_proof()
    if "broken" in error.details.values():
        return error_response(error.status, _CANNOT_BE_STORED)
    headers = [("Retry-After", str(error.retry_after))] if error.retry_after else []
    return error_response(error.status, refusal_texts.domain_error_text(error), headers)


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        response: Response = error.get_response()  # type: ignore[assignment]
        return response
    sentence = refusal_texts.http_error_text(error)
    return error_response(error.code, sentence, list(error.get_headers()))


def _form_expired(_error: CSRFError) -> Response:
    """The person may have signed in again meanwhile, perhaps as somebody else: both is said."""
    me = current_user.email if current_user.is_authenticated else ""
    form = refused_forms.of_request(again=bool(me) or request.blueprint == "auth")
    return error_response(400, _FORM_EXPIRED, title=_FORM_EXPIRED_TITLE, form=form, me=me)


def _unknown_host(_error: SecurityError) -> Response:
    """Plain text, since a page has links, and those need a trusted host."""
    text = f"{_UNKNOWN_HOST} [{g.get('request_id', '-')}]"
    return Response(text, 400, mimetype="text/plain")


def _database_error(error: DBAPIError) -> Response:
    """503 when the database is away or busy; everything else is a fault of ours."""
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return _unavailable(error)
    return _unexpected(error)


def _unavailable(error: SQLAlchemyError) -> Response:
    reason = error.orig if isinstance(error, DBAPIError) else error
    log.error("database not available: %s", reason, exc_info=error, extra=logs.ONE_LINE)
    # Rendering the page would look its reader up in the database that is away.
    sessions.stop_lookup()
    language.choose_language()
    return error_response(503, headers=[("Retry-After", str(_DATABASE_WAIT))])


def _unexpected(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    try:
        return error_response(500)
    except Exception:  # the error page itself must not need a working application
        log.exception("the error page failed")
        return Response(
            f"500 {InternalServerError.description} [{g.get('request_id', '-')}]",
            500,
            mimetype="text/plain",
        )


# Flask takes the handler of the nearest class.
_HANDLERS: dict[type[Exception], Callable[[Any], AnyResponse]] = {
    errors.DomainError: _domain_error,
    CSRFError: _form_expired,
    HTTPException: _http_error,
    SecurityError: _unknown_host,
    DBAPIError: _database_error,
    PoolExhausted: _unavailable,
    RecursionError: lambda _error: error_response(400),
    Exception: _unexpected,
}
