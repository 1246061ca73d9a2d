"""Durations in words, rounded up: what is promised is not too early."""

from math import ceil

from portal.i18n import gettext as _
from portal.i18n import ngettext

_HOUR, _DAY = 3600, 86_400


def within(seconds: int) -> str:
    """`within 3 hours`; hours up to two days, then days."""
    if seconds <= _HOUR:
        return _("within an hour")
    if seconds <= 2 * _DAY:
        return ngettext("within %(num)d hour", "within %(num)d hours", ceil(seconds / _HOUR))
    return ngettext("within %(num)d day", "within %(num)d days", ceil(seconds / _DAY))
