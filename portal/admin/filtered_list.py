"""A list that is filtered in place: the page, or its list alone for htmx."""

from typing import Any

from flask import Response, url_for

from portal.i18n import gettext as _
from portal.queries.paging import Page
from portal.web.fragments import page_or_fragment


def filtered_list(
    name: str,
    page: Page[Any],
    *,
    endpoint: str,
    wanted: dict[str, Any],
    cursor: str | None,
    **context: Any,
) -> Response:
    """Render a page such as `people/users`, or its list `people/_users`, which it includes.

    `wanted` are the filters in force, for the ways to other pages of the list.
    """
    folder, mark, noun = name.rpartition("/")
    chosen = {word: value for word, value in wanted.items() if value}
    return page_or_fragment(
        f"admin/{name}.html",
        f"admin/{folder}{mark}_{noun}.html",
        said=_found(page),
        first_url=url_for(endpoint, **chosen) if cursor else None,
        next_url=url_for(endpoint, **chosen, cursor=page.next) if page.next else None,
        **wanted,
        **context,
    )


def _found(page: Page[Any]) -> str:
    if not page.rows:
        return _("No results")
    count = f"{len(page.rows)}+" if page.next else str(len(page.rows))
    return _("Lines shown: %(count)s", count=count)
