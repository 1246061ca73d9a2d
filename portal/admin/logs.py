"""`/admin/logs/actions`: what happened to any account, by person and by kind."""

from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import Row

from portal.admin import bp
from portal.errors import Invalid
from portal.models import AccountEventKind
from portal.queries import account_log, users
from portal.queries.paging import Page, parse_cursor
from portal.web.account_log import SENTENCES, entries


@bp.get("/logs/actions")
def actions() -> str:
    """The newest events that fit the filter."""
    person = request.args.get("person", "").strip()[:254]
    kind = _kind(request.args["kind"]) if request.args.get("kind") else None
    cursor = request.args.get("cursor")
    page = _page(person, kind, parse_cursor(cursor, 1)[0] if cursor else None)

    def url(cursor: str | None) -> str:
        return url_for(".actions", person=person or None, kind=kind, cursor=cursor)

    return render_template(
        "admin/actions.html",
        entries=entries(list(page.rows), reader_id=None),
        person=person,
        kind=kind,
        kinds=_kinds(),
        first_url=url(None) if cursor else None,
        next_url=url(page.next) if page.next else None,
    )


def _kinds() -> tuple[tuple[str, str], ...]:
    """(word, sentence) of every kind, in the order of the reader's alphabet."""
    kinds = [(kind.value, str(sentence)) for kind, sentence in SENTENCES.items()]
    return tuple(sorted(kinds, key=lambda pair: pair[1]))


def _page(person: str, kind: AccountEventKind | None, before: int | None) -> Page[Row[Any]]:
    """The events; none at all when there is no such person."""
    user_id = users.id_of(person) if person else None
    if person and user_id is None:
        return Page([], None)
    return account_log.page(user_id=user_id, kind=kind, cursor=before)


def _kind(word: str) -> AccountEventKind:
    try:
        return AccountEventKind(word)
    except ValueError:
        raise Invalid(kind="unknown") from None
