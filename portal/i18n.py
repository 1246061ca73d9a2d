"""Languages: which texts and dates a reader gets. Knows nothing of requests.

Catalogues are read from the `.po` files themselves, so there is no compile step to forget. The
language in force is a context variable: a request sets it, a job sets it for each recipient.
"""

import gettext as gettext_module
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
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
    """Make `locale` and `timezone` the ones in force for the rest of this context."""
    _locale.set(locale if locale in LOCALES else DEFAULT_LOCALE)
    _timezone.set(timezone)


@contextmanager
def force_locale(locale: str, timezone: str = "UTC") -> Iterator[None]:
    """Speak to one reader inside the block, then to the former one again."""
    before = _locale.get(), _timezone.get()
    set_locale(locale, timezone)
    try:
        yield
    finally:
        set_locale(*before)


def current_locale() -> str:
    """The language in force."""
    return _locale.get()


def current_timezone() -> ZoneInfo:
    """The zone in force; UTC when the stored name is unknown here."""
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
    """Every zone that a reader may choose."""
    return frozenset(available_timezones())


def gettext(message: str, /, **values: Any) -> str:
    """`message` in the language in force, with `%(name)s` filled in."""
    text = _translated(_locale.get(), message)
    return text % values if values else text


# Messages are written in the code, so there is an end to them.
@cache
def _translated(locale: str, message: str) -> str:
    return catalogue(locale).gettext(message)


def ngettext(singular: str, plural: str, n: int, /, **values: Any) -> str:
    """The form that `n` asks for, with `%(num)s` filled in."""
    text = catalogue(_locale.get()).ngettext(singular, plural, n)
    return text % {"num": n, **values}


class LazyText:
    """A text that becomes one in the reader's language when it is printed, and each time anew."""

    __slots__ = ("_message",)

    def __init__(self, message: str) -> None:
        self._message = message

    def __str__(self) -> str:
        return _translated(_locale.get(), self._message)

    def __mod__(self, values: Mapping[str, Any]) -> str:
        """The text with `%(name)s` filled in."""
        return str(self) % values

    def __html__(self) -> Markup:
        return escape(_translated(_locale.get(), self._message))

    def __repr__(self) -> str:
        return f"LazyText({self._message!r})"


def lazy_gettext(message: str, /) -> LazyText:
    """For texts defined before a reader is known: labels of forms, words of enums."""
    return LazyText(message)


def choose_locale(accepted: list[str]) -> str:
    """The first of the browser's languages (`ru-RU`, `en`) that Lodge speaks."""
    for tag in accepted:
        if (language := tag.replace("_", "-").partition("-")[0].lower()) in LOCALES:
            return language
    return DEFAULT_LOCALE


def format_moment(moment: datetime, style: str = "medium") -> str:
    """Date and time in the reader's zone and language. Costs 40 µs: not for long lists."""
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
    """The language of that code as the reader calls it; the code when it is none."""
    return str(_babel_locale(_locale.get()).languages.get(code.lower(), code))


def long_moment(moment: datetime) -> str:
    """Date and time to the minute, put together by hand because a ticket shows a hundred."""
    local = moment.astimezone(current_timezone())
    month = _months(_locale.get())[local.month]
    day = f"{month} {local.day}," if _locale.get() == "en" else f"{local.day} {month}"
    return f"{day} {local.year}, {local:%H:%M}"


def short_moment(moment: datetime, now: datetime) -> str:
    """For lists, cheaply: the time of today, day and month of this year, else the date."""
    there = current_timezone()
    local, today = moment.astimezone(there), now.astimezone(there)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    month = _months(_locale.get())[local.month]
    day = f"{month} {local.day}" if _locale.get() == "en" else f"{local.day} {month}"
    return day if local.year == today.year else f"{day} {local.year}"


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC, for `<time datetime>` and the API."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
