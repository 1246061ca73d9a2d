"""What people are told while the desk takes no changes."""

from datetime import datetime

from flask import Flask

from portal import clock, i18n
from portal.errors import ReadOnlyDesk
from portal.extensions import setting
from portal.i18n import gettext as _


def attach(app: Flask) -> None:
    """Give templates `read_only_notice()`."""
    app.jinja_env.globals["read_only_notice"] = read_only_notice


def read_only_notice() -> str:
    """What each page says while the desk takes no changes; empty otherwise."""
    mode = setting("READ_ONLY")
    return "" if mode is None else read_only_text(mode.until)


def read_only_text(until: datetime | None) -> str:
    if until is None or until <= clock.now():
        return _(ReadOnlyDesk.sentence)
    return _(
        "This desk is being moved. Reading works, writing again from about %(time)s.",
        time=i18n.short_moment(until, clock.now()),
    )
