"""Sentences of refusals that name what was refused: which file, how large, for how long."""

import math
from datetime import datetime
from typing import cast

from flask import request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal import clock
from portal.errors import DomainError, PlanFull, ReadOnlyDesk, TooLarge
from portal.extensions import limiter
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.web.read_only import read_only_text
from portal.web.templating.filters import filesize

_SECONDS, _MINUTES = 90, 90


def domain_error_text(error: DomainError) -> str:
    """The sentence of `error`; empty for the one of all errors with its status."""
    if isinstance(error, TooLarge) and "name" in error.details:
        size = filesize(int(str(error.details["limit"])))
        name = error.details["name"]
        return _("“%(name)s” is larger than %(size)s, the most for one file.", name=name, size=size)
    if isinstance(error, TooLarge) and "count" in error.details:
        return _("You chose %(count)s files, and %(limit)s is the most at once.", **error.details)
    if isinstance(error, PlanFull) and "storage" in error.details:
        most, used = (filesize(int(str(error.details[name]))) for name in ("storage", "used"))
        return _(
            "The plan of this organization has room for %(most)s of files, and %(used)s are in "
            "use. Send it without files, or with smaller ones.",
            most=most,
            used=used,
        )
    if isinstance(error, PlanFull) and error.details.keys() & {"members", "tickets"}:
        return _full_text(error)
    if isinstance(error, ReadOnlyDesk):
        return read_only_text(cast("datetime | None", error.details.get("until")))
    return _(error.sentence) if error.sentence else ""


def _full_text(error: PlanFull) -> str:
    members, tickets = (error.details.get(name) for name in ("members", "tickets"))
    if members is not None:
        return ngettext(
            "The plan of this organization has room for %(num)s member.",
            "The plan of this organization has room for %(num)s members.",
            int(str(members)),
        )
    return ngettext(
        "The plan of this organization has room for %(num)s open ticket. Solve one first.",
        "The plan of this organization has room for %(num)s open tickets. Solve one first.",
        int(str(tickets)),
    )


def http_error_text(error: HTTPException) -> str:
    """The same for an error of HTTP."""
    if isinstance(error, RateLimitExceeded) and limiter.current_limit:
        return wait_text(limiter.current_limit.window[0] - clock.now().timestamp())
    size, most = request.content_length or 0, request.max_content_length or 0
    if isinstance(error, RequestEntityTooLarge) and size > most > 0:
        return _(
            "What you sent is %(size)s together, and %(most)s is the most at once.",
            size=filesize(size),
            most=filesize(most),
        )
    return ""


def wait_text(seconds: float) -> str:
    """When to try again: in seconds below 90, in minutes below 90, else in hours, rounded up."""
    seconds = max(1, math.ceil(seconds))
    if seconds < _SECONDS:
        return ngettext("Try again in %(num)s second.", "Try again in %(num)s seconds.", seconds)
    minutes = math.ceil(seconds / 60)
    if minutes < _MINUTES:
        return ngettext("Try again in %(num)s minute.", "Try again in %(num)s minutes.", minutes)
    hours = math.ceil(minutes / 60)
    return ngettext("Try again in %(num)s hour.", "Try again in %(num)s hours.", hours)
