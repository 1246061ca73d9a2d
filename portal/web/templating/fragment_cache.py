"""Rows of lists and parts of pages as HTML, kept: what has not changed is not printed again.

The key is all that is printed, with the reader's language, zone and day. So there is nothing to
throw away when something changes, and nothing that one reader could see of another's: a template
given here prints what it is handed and asks for no user or session. The CSRF token of a form is
put in afterwards, for each request.
"""

import secrets
from collections.abc import Callable, Hashable, Iterable
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app, g
from flask_wtf.csrf import generate_csrf
from jinja2.runtime import Macro
from markupsafe import Markup

from portal import clock, i18n

# Rows take about 1.5 KB, parts 3 KB: 10 MB in a process that has shown hundreds of pages.
_ROWS, _PARTS = 4096, 1024
# Stands for the CSRF token in what is kept. Nobody else can write it: it is new in each process.
_MARK = secrets.token_urlsafe(24)
_keeping: ContextVar[bool] = ContextVar("keeping", default=False)


def attach(app: Flask) -> None:
    """Give templates `cached_include(template, name=value, …)`, which sees these values alone."""
    app.jinja_env.globals["cached_include"] = cached_include
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.jinja_env.globals["cached_macro"] = cached_macro
    app.jinja_env.globals["once_per_request"] = once_per_request
    app.jinja_env.filters["frozen"] = frozen


class _Reader(NamedTuple):
    """What decides how the same values are printed."""

    locale: str
    zone: str
    today: date


def cached_rows(
    template: str, rows: Iterable[Hashable], present: Callable[[Any], object] = lambda row: row
) -> Markup:
    """`rows` one after another, each as `template` prints `row`, which is `present(row)`."""
    reader = _reader()
    # Each row is Markup: Markup's own join would look at all of them again.
    return Markup("".join([_row(row, template, present, reader) for row in rows]))  # noqa: S704


def cached_include(template: str, **values: Hashable) -> Markup:
    """`template` as it prints `values`; the forms in it carry this request's CSRF token."""
    part = _part(template, _reader(), *values.items())
    if _MARK not in part or _keeping.get():
        return part
    return part.replace(_MARK, _request_token())


def csrf_token() -> str:
    """The token for a form; in what is kept the mark that stands in its place."""
    return _MARK if _keeping.get() else _request_token()


def _request_token() -> str:
    """Flask-WTF leaves the token in `g`, but looks at its settings again before it takes it."""
    token: str = g.get("csrf_token") or generate_csrf()
    return token


def cached_macro(macro: Macro) -> Callable[..., str]:
    """`macro` as a function that remembers what it printed; it may use its arguments alone."""
    return lru_cache(maxsize=_PARTS)(macro)


def once_per_request(macro: Macro) -> Callable[[], str]:
    """`macro`, which takes no arguments, as a function that prints once in a request."""

    def printed_once() -> str:
        if _keeping.get():
            return macro()
        found: dict[Macro, str] = g.setdefault("printed_once", {})
        if macro not in found:
            found[macro] = macro()
        return found[macro]

    return printed_once


def frozen(choices: Iterable[Iterable[Hashable]]) -> tuple[tuple[Hashable, ...], ...]:
    """Pairs as a value to keep something under."""
    return tuple(map(tuple, choices))


@lru_cache(maxsize=_ROWS)
def _row(row: Hashable, template: str, present: Callable[[Any], object], _for: _Reader) -> Markup:
    return _render(template, row=present(row))


@lru_cache(maxsize=_PARTS)
def _part(template: str, _for: _Reader, *values: tuple[str, Hashable]) -> Markup:
    return _render(template, **dict(values))


def _render(template: str, **values: object) -> Markup:
    found = current_app.jinja_env.get_template(template)
    before = _keeping.set(True)
    try:
        return Markup(found.render(**values))  # noqa: S704 - Jinja has escaped it
    finally:
        _keeping.reset(before)


def _reader() -> _Reader:
    zone = i18n.current_timezone()
    return _Reader(i18n.current_locale(), zone.key, clock.now().astimezone(zone).date())
