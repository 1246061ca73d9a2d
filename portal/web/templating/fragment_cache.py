"""Cached HTML of list rows and page fragments: what has not changed is not rendered again.

The key is every value that is rendered, with the reader's language, zone and day. So nothing has to
be invalidated, and no reader sees anything of another's: a cached template uses only what it is
given, and asks for no user or session. The CSRF token of a form is inserted into each response.
"""

import secrets
from collections.abc import Callable, Hashable, Iterable
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app, g
from jinja2.runtime import Macro
from markupsafe import Markup

from portal import clock, i18n
from portal.web.csrf_token import request_token

# Rows take about 1.5 KB, parts 3 KB: 10 MB in a process that has shown hundreds of pages.
_ROWS, _PARTS = 4096, 1024
# Parts of a page that take a hundred times as much.
_LARGE_PARTS = 16
# Stands for the CSRF token in cached HTML. It is random, so that no user text can contain it.
_TOKEN_PLACEHOLDER = secrets.token_urlsafe(24)
_rendering_for_cache: ContextVar[bool] = ContextVar("keeping", default=False)


def attach(app: Flask) -> None:
    """Give templates `cached_include(template, name=value, …)` and its relatives."""
    app.jinja_env.globals["cached_include"] = cached_include
    app.jinja_env.globals["cached_large_include"] = cached_large_include
    app.jinja_env.globals["csrf_token"] = csrf_token
    # Pages would get Flask-WTF's from its context processor.
    app.context_processor(lambda: {"csrf_token": csrf_token})
    app.jinja_env.globals["cached_macro"] = cached_macro
    app.jinja_env.globals["once_per_request"] = once_per_request
    app.jinja_env.filters["frozen"] = frozen


class _Reader(NamedTuple):
    """What else determines the HTML, besides the values."""

    locale: str
    zone: str
    today: date


def cached_rows(
    template: str, rows: Iterable[Hashable], present: Callable[[Any], object] = lambda row: row
) -> Markup:
    """`rows` rendered one after another: each by `template`, which gets `row=present(row)`."""
    # Each row is Markup already: `Markup.join` would check all of them again.
    return Markup("".join(cached_list(template, rows, present)))  # noqa: S704


def cached_list(
    template: str, rows: Iterable[Hashable], present: Callable[[Any], object] = lambda row: row
) -> list[Markup]:
    """The same, apart: for callers that put something of the reader's own around each."""
    reader = _reader()
    return [_row(row, template, present, reader) for row in rows]


def cached_include(template: str, **values: Hashable) -> Markup:
    """`template` rendered with nothing but `values`; its forms get this request's CSRF token."""
    part = _part(template, _reader(), *values.items())
    if _TOKEN_PLACEHOLDER not in part or _rendering_for_cache.get():
        return part
    return part.replace(_TOKEN_PLACEHOLDER, request_token())


def cached_large_include(template: str, **values: Hashable) -> Markup:
    """The same for a few large parts without forms."""
    return _large_part(template, _reader(), *values.items())


def csrf_token() -> str:
    """The CSRF token of this request; a placeholder while HTML for the cache is rendered."""
    return _TOKEN_PLACEHOLDER if _rendering_for_cache.get() else request_token()


def cached_macro(macro: Macro) -> Callable[..., str]:
    """`macro` with a cache of its results. It may use nothing but its arguments."""
    return lru_cache(maxsize=_PARTS)(macro)


def once_per_request(macro: Macro) -> Callable[[], str]:
    """`macro`, which takes no arguments, rendered at most once in a request."""

    def printed_once() -> str:
        if _rendering_for_cache.get():
            return macro()
        found: dict[Macro, str] = g.setdefault("printed_once", {})
        if macro not in found:
            found[macro] = macro()
        return found[macro]

    return printed_once


def frozen(choices: Iterable[Iterable[Hashable]]) -> tuple[tuple[Hashable, ...], ...]:
    """Nested lists as tuples, which can be a key of the cache."""
    return tuple(map(tuple, choices))


@lru_cache(maxsize=_ROWS)
def _row(row: Hashable, template: str, present: Callable[[Any], object], _for: _Reader) -> Markup:
    return _render(template, row=present(row))


@lru_cache(maxsize=_PARTS)
def _part(template: str, _for: _Reader, *values: tuple[str, Hashable]) -> Markup:
    return _render(template, **dict(values))


@lru_cache(maxsize=_LARGE_PARTS)
def _large_part(template: str, _for: _Reader, *values: tuple[str, Hashable]) -> Markup:
    return _render(template, **dict(values))


def _render(template: str, **values: object) -> Markup:
    found = current_app.jinja_env.get_template(template)
    before = _rendering_for_cache.set(True)
    try:
        return Markup(found.render(**values))  # noqa: S704 - Jinja has escaped it
    finally:
        _rendering_for_cache.reset(before)


def _reader() -> _Reader:
    zone = i18n.current_timezone()
    return _Reader(i18n.current_locale(), zone.key, clock.now().astimezone(zone).date())
