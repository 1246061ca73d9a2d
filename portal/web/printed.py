"""Rows of lists as HTML, kept: what has not changed is not printed again.

The key is the row itself with all that is printed of it, the reader's language, zone and day. So
there is nothing to throw away when something changes, and nothing that one reader could see of
another's: a template given here prints its row and asks for no user, session or token.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from flask import current_app
from markupsafe import Markup

from portal import clock, i18n

# About 1.5 KB each: 6 MB in a process that has shown a hundred pages.
_KEPT = 4096


def printed(
    template: str, rows: Iterable[Hashable], present: Callable[[Any], object] = lambda row: row
) -> Markup:
    """`rows` one after another, each as `template` prints `row`, which is `present(row)`."""
    locale, zone = i18n.current_locale(), i18n.current_timezone()
    today = clock.now().astimezone(zone).date()
    return Markup("").join(_print(row, template, present, locale, zone.key, today) for row in rows)


@lru_cache(maxsize=_KEPT)
def _print(
    row: Hashable,
    template: str,
    present: Callable[[Any], object],
    _locale: str,
    _zone: str,
    _today: date,
) -> Markup:
    found = current_app.jinja_env.get_template(template)
    return Markup(found.render(row=present(row)))  # noqa: S704 - Jinja has escaped it
