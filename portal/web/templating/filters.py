"""Filters and globals of templates: translated texts, dates, sizes, numbers, labels."""

from datetime import datetime
from typing import Any
from zlib import crc32

from flask import Flask
from jinja2 import pass_eval_context
from jinja2.ext import InternationalizationExtension
from jinja2.nodes import EvalContext
from markupsafe import Markup

from portal import clock, i18n
from portal.i18n import lazy_gettext as _
from portal.models.people.shortcuts import keys_of
from portal.models.tickets.ticket import format_number
from portal.security import permissions
from portal.security.people.devices import device_name
from portal.web.templating import labels, search_texts

UNITS = (_("B"), _("KB"), _("MB"), _("GB"))
# What templates find in `labels`.
_WORDS = ("_LABELS", "_CHOICES", "_WORDS")


def attach(app: Flask) -> None:
    env = app.jinja_env
    env.add_extension(InternationalizationExtension)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        _plain_gettext, _plain_ngettext, newstyle=True, pgettext=_plain_pgettext
    )
    env.globals["_"] = _text  # faster than Jinja's own, which is three calls deep
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        {name: words for name, words in vars(labels).items() if name.endswith(_WORDS)},
        current_locale=i18n.current_locale,
        current_timezone=i18n.current_timezone,
        can_file=permissions.can_file,
        keys_of=keys_of,
        FIELD_EXAMPLES=search_texts.FIELD_EXAMPLES,
        WORD_EXAMPLES=search_texts.WORD_EXAMPLES,
    )
    env.filters.update(
        moment=i18n.long_moment,
        short_moment=short_moment,
        ago=ago,
        clock_time=i18n.clock_time,
        iso=i18n.iso,
        filesize=filesize,
        number=format_number,
        device=device_name,
        avatar=avatar,
    )


def avatar(name: str) -> Markup:
    """Initials, beside a name that is also written, in one of eight tints: a name's own."""
    words = name.split() or ["?"]
    initials = "".join(word[0] for word in (words[0], *words[1:][-1:]))
    return Markup('<span class="avatar av-{}" aria-hidden="true">{}</span>').format(
        crc32(name.encode()) % 8, initials.upper()
    )


@pass_eval_context
def _text(context: EvalContext, message: str, /, **values: Any) -> str:
    if not context.autoescape:
        return i18n.gettext(message, **values)
    text = Markup(i18n.gettext(message))  # noqa: S704 - the catalogue is ours
    return text % values if values else text


def _plain_gettext(message: str) -> str:
    return i18n.catalogue(i18n.current_locale()).gettext(message)


def _plain_pgettext(context: str, message: str) -> str:
    return i18n.catalogue(i18n.current_locale()).pgettext(context, message)


def _plain_ngettext(singular: str, plural: str, n: int) -> str:
    return i18n.catalogue(i18n.current_locale()).ngettext(singular, plural, n)


def short_moment(moment: datetime) -> str:
    """`i18n.short_moment`, relative to now."""
    return i18n.short_moment(moment, clock.now())


def ago(moment: datetime) -> str:
    """`i18n.ago`, relative to now. The cache of fragments takes it as a value alone."""
    return i18n.ago(moment, clock.now())


def filesize(size: int) -> str:
    """A size in bytes as text: 512 B, 1.5 KB, 20 MB (1 KB is 1,024 bytes)."""
    value, unit = float(size), UNITS[0]
    for unit in UNITS:
        if value < 1024 or unit is UNITS[-1]:
            break
        value /= 1024
    text = f"{value:.0f}" if unit is UNITS[0] or value >= 10 else f"{value:.1f}"
    return f"{text} {unit}"
