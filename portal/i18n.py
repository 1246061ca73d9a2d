"""Translations, dates and time zones for the current reader. Knows nothing of requests.

Catalogues are read from the `.po` files themselves, so no compile step can be forgotten. Language
and zone in force are context variables: set for each request, and for each recipient of a mail.
"""

import gettext as gettext_module
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel import Locale
from babel.dates import format_datetime as babel_format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

LOCALES = ("en", "ru")
DEFAULT_LOCALE = "en"
CATALOGUES = Path(__file__).parent / "translations"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
_timezone: ContextVar[str] = ContextVar("timezone", default="UTC")


@cache
def catalogue(locale: str) -> gettext_module.NullTranslations:
    """The translations of one language; English is the language of the code itself."""
    path = CATALOGUES / locale / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return gettext_module.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


def set_locale(locale: str, timezone: str) -> None:
    """Set language and time zone for the rest of this context."""
    _locale.set(locale if locale in LOCALES else DEFAULT_LOCALE)
    _timezone.set(timezone)


@contextmanager
def force_locale(locale: str, timezone: str = "UTC") -> Iterator[None]:
    """Use `locale` and `timezone` inside the block."""
    before = _locale.get(), _timezone.get()
    set_locale(locale, timezone)
    try:
        yield
    finally:
        set_locale(*before)


def current_locale() -> str:
    return _locale.get()


def current_timezone() -> ZoneInfo:
    """The zone in force; UTC when the stored name is unknown."""
    return zone(_timezone.get())


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of that name, or UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All names that a user may choose."""
    return frozenset(available_timezones())


def gettext(message: str, /, **values: Any) -> str:
    """`message` translated into the language in force, with `%(name)s` filled in."""
    text = _translated(_locale.get(), message)
    return text % values if values else text


def pgettext(context: str, message: str, /, **values: Any) -> str:
    """`gettext` of a word that stands for several things: `context` says which is meant here."""
    text = _translated(_locale.get(), message, context)
    return text % values if values else text


# Messages are constants of the code, so the cache is bounded.
@cache
def _translated(locale: str, message: str, context: str = "") -> str:
    translations = catalogue(locale)
    return translations.pgettext(context, message) if context else translations.gettext(message)


def ngettext(singular: str, plural: str, n: int, /, **values: Any) -> str:
    """The plural form for `n`, with `%(num)s` filled in."""
    text = catalogue(_locale.get()).ngettext(singular, plural, n)
    return text % {"num": n, **values}


class LazyText:
    """A text that is translated each time it is converted to str."""

    __slots__ = ("_context", "_message")

    def __init__(self, message: str, context: str = "") -> None:
        self._message = message
        self._context = context

    def __str__(self) -> str:
        return _translated(_locale.get(), self._message, self._context)

    def __mod__(self, values: Mapping[str, Any]) -> str:
        """The translated text with `%(name)s` filled in."""
        return str(self) % values

    def __html__(self) -> Markup:
        return escape(str(self))

    def __repr__(self) -> str:
        return f"LazyText({self._message!r})"


def lazy_gettext(message: str, /) -> LazyText:
    """Mark a text that is defined before a reader is known: form labels, enum labels."""
    return LazyText(message)


def lazy_pgettext(context: str, message: str, /) -> LazyText:
    """`lazy_gettext` of a word that stands for several things, as `pgettext` has it."""
    return LazyText(message, context)


def choose_locale(accepted: list[str], offered: Sequence[str] = LOCALES) -> str:
    """The first of Accept-Language's tags (`ru-RU`, `en`) that is offered, else what is first."""
    for tag in accepted:
        if (language := tag.replace("_", "-").partition("-")[0].lower()) in offered:
            return language
    return offered[0]


def offered_locale(locale: str, offered: Sequence[str]) -> str:
    """`locale` where it is offered, else what is offered first."""
    return locale if locale in offered else offered[0]


def format_moment(moment: datetime, style: str = "medium") -> str:
    """Format date and time by Babel in the zone in force. Takes 40 µs: too slow for long lists."""
    return babel_format_datetime(
        moment, style, tzinfo=current_timezone(), locale=_babel_locale(_locale.get())
    )


@cache
def _babel_locale(locale: str) -> Locale:
    return Locale.parse(locale)


@cache
def _months(locale: str) -> dict[int, str]:
    return dict(_babel_locale(locale).months["format"]["abbreviated"])


def language_name(code: str) -> str:
    """The language's name in the language in force; `code` itself when it is unknown."""
    return str(_babel_locale(_locale.get()).languages.get(code.lower(), code))


def long_moment(moment: datetime) -> str:
    """Date and time to the minute. Formatted by hand: a ticket page shows a hundred."""
    local = moment.astimezone(current_timezone())
    month = _months(_locale.get())[local.month]
    day = f"{month} {local.day}," if _locale.get() == "en" else f"{local.day} {month}"
    return f"{day} {local.year}, {local:%H:%M}"


def clock_time(moment: datetime) -> str:
    """The time of day, to the minute."""
    return f"{moment.astimezone(current_timezone()):%H:%M}"


def long_day(day: date) -> str:
    """Day, month and year."""
    month = _months(_locale.get())[day.month]
    if _locale.get() == "en":
        return f"{month} {day.day}, {day.year}"
    return f"{day.day} {month} {day.year}"


def short_moment(moment: datetime, now: datetime) -> str:
    """Time for today, day and month for this year, else the date. Formatted by hand for lists."""
    there = current_timezone()
    local, today = moment.astimezone(there), now.astimezone(there)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    month = _months(_locale.get())[local.month]
    day = f"{month} {local.day}" if _locale.get() == "en" else f"{local.day} {month}"
    return day if local.year == today.year else f"{day} {local.year}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago it was, in one unit: minutes, hours, days or years."""
    minutes = max(1, int((now - moment).total_seconds()) // 60)
    if minutes < 60:
        return gettext("%(num)d min", num=minutes)
    if minutes < 24 * 60:
        return gettext("%(num)d h", num=minutes // 60)
    days = minutes // (24 * 60)
    return gettext("%(num)d d", num=days) if days < 365 else gettext("%(num)d y", num=days // 365)


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
