"""`/account/log`: the account's events, newest first."""

from flask import render_template, request, url_for

from portal.account import bp
from portal.queries.paging import parse_id_cursor
from portal.queries.people import account_log
from portal.web.people.account_log import entries
from portal.web.people.sessions import actor


@bp.get("/log")
def log() -> str:
    cursor = request.args.get("cursor")
    page = account_log.page(user_id=actor().id, cursor=parse_id_cursor(cursor))
    return render_template(
        "account/log.html",
        entries=entries(list(page.rows), reader_id=actor().id),
        first_url=url_for(".log") if cursor else None,
        next_url=url_for(".log", cursor=page.next) if page.next else None,
    )
