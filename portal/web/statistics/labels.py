"""Words for the numbers of the statistics, in the reader's language."""

from collections.abc import Mapping
from datetime import date

from babel.dates import format_date

from portal import i18n
from portal.i18n import gettext, ngettext
from portal.i18n import lazy_gettext as _
from portal.models.statistics import Dimension
from portal.queries.statistics.period import Period, Preset, Step
from portal.queries.statistics.tally import AGES
from portal.web.templating.labels import (
    CHANNEL_LABELS,
    PRIORITY_LABELS,
    STATUS_LABELS,
    TYPE_LABELS,
)

PRESET_LABELS = {
    Preset.TODAY: _("Today"),
    Preset.WEEK: _("7 days"),
    Preset.MONTH: _("30 days"),
    Preset.QUARTER: _("90 days"),
    Preset.YEAR: _("365 days"),
}
DIMENSION_TITLES = {
    Dimension.STATUS: _("By status"),
    Dimension.PRIORITY: _("By priority"),
    Dimension.CHANNEL: _("By channel"),
    Dimension.TYPE: _("By type"),
    Dimension.DEPARTMENT: _("By department"),
    Dimension.TAG: _("By tag"),
    Dimension.PRODUCT: _("By product"),
    Dimension.LANGUAGE: _("By language"),
}
_WORDS = {
    Dimension.STATUS: STATUS_LABELS,
    Dimension.CHANNEL: CHANNEL_LABELS,
    Dimension.TYPE: TYPE_LABELS,
}
_NARROWED_BY = {
    "department": (_("Department"), _("none")),
    "assignee": (_("Assignee"), _("nobody")),
    "channel": (_("Channel"), ""),
    "organization": (_("Organization"), ""),
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def value_label(dimension: Dimension, value: str) -> str:
    """What a row of a breakdown is called."""
    if not value:
        return gettext("none")
    if dimension is Dimension.PRIORITY:
        return str(PRIORITY_LABELS[int(value)])
    if dimension is Dimension.LANGUAGE:
        return i18n.language_name(value)
    return str(_WORDS.get(dimension, {}).get(value, value))


def weekday(number: int) -> str:
    """The short name of a day of the week; 0 is Monday."""
    return _date(date(2024, 1, 1 + number), "EEE")


def column(period: Period, step: Step) -> str:
    """The name of a chart's column: a day, the first of a week, or a month."""
    return _date(period.first, "LLL y" if step is Step.MONTH else "d MMM")


def day(moment: date) -> str:
    return _date(moment, "EEE d MMM")


def span(period: Period) -> str:
    """The days of a period."""
    if period.days == 1:
        return i18n.long_day(period.first)
    return f"{i18n.long_day(period.first)} – {i18n.long_day(period.last)}"


def narrowed(names: Mapping[str, str]) -> str:
    """Of which tickets, from `narrowing_names.described`."""
    parts = [
        f"{label}: {_WORDS[Dimension.CHANNEL].get(names[field], names[field]) or none}"
        for field, (label, none) in _NARROWED_BY.items()
        if field in names
    ]
    return " · ".join(parts) or gettext("All tickets")


def age(number: int) -> str:
    """The age of tickets at that place of `tally.ages`."""
    if number == 0:
        return gettext("today")
    if number == len(AGES):
        return gettext("more than %(days)s days", days=AGES[-1])
    return gettext("up to %(days)s days", days=AGES[number])


def duration(seconds: float | None) -> str:
    """A duration in its two greatest units; a dash for none."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < _MINUTE:
        return gettext("%(num)d s", num=whole)
    if whole < _HOUR:
        return gettext("%(num)d min", num=whole // _MINUTE)
    if whole < _DAY:
        hours, rest = divmod(whole, _HOUR)
        if minutes := rest // _MINUTE:
            return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes)
        return gettext("%(num)d h", num=hours)
    days, rest = divmod(whole, _DAY)
    if hours := rest // _HOUR:
        return gettext("%(days)d d %(hours)d h", days=days, hours=hours)
    return gettext("%(num)d d", num=days)


def days_ago(moment: date, today: date) -> str:
    """How old something is that was filed on a day."""
    days = (today - moment).days
    return ngettext("%(num)d day", "%(num)d days", days) if days else gettext("today")


def percent(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %" if whole else "–"


def _date(moment: date, pattern: str) -> str:
    return str(format_date(moment, pattern, locale=i18n.current_locale()))
