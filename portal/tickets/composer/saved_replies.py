"""`/tickets/replies`: saved replies and macros. For staff; customers get a 404."""

from typing import Any

from flask import abort, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.i18n import gettext as _
from portal.queries.people import users
from portal.queries.tickets import saved_replies as queries
from portal.queries.tickets.saved_replies import SavedReplyRow
from portal.security import permissions
from portal.services.tickets import saved_replies as services
from portal.tickets import bp
from portal.tickets.composer.reply_texts import change_texts
from portal.tickets.forms import ReplyForm
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.sessions import actor


@bp.get("/replies")
def saved_replies() -> str:
    """All that the reader has, with a form for each that they may change."""
    require_staff()
    return _page()


@bp.get("/replies/new")
def new_reply() -> str:
    require_staff()
    return _new_page(_offered(ReplyForm(formdata=None)))


@bp.post("/replies/new")
def create_reply() -> Response | tuple[str, int]:
    require_staff()
    form = _offered(ReplyForm())
    if form.validate():
        with change(form):
            services.create(actor=actor(), **form.values())
    if form.errors:
        return _new_page(form), 422
    return _saved(form)


@bp.post("/replies/<id:reply_id>")
def change_reply(reply_id: int) -> Response | tuple[str, int]:
    require_staff()
    form = _offered(ReplyForm())
    if form.validate():
        with change(form):
            reply = queries.find(actor(), reply_id)
            services.change(actor=actor(), reply=reply, **form.values())
    if form.errors:
        return _page({reply_id: form}), 422
    return _saved(form)


@bp.post("/replies/<id:reply_id>/delete")
def delete_reply(reply_id: int) -> Response:
    require_staff()
    with change():
        reply = queries.find(actor(), reply_id)
        name = reply.name
        services.delete_reply(actor=actor(), reply=reply)
    flash(_("“%(name)s” is deleted. What was sent with it stays.", name=name), "success")
    return see_other(url_for(".saved_replies"))


def require_staff() -> None:
    if not permissions.can_note(actor()):
        abort(404)


def _saved(form: ReplyForm) -> Response:
    flash(_("“%(name)s” is saved.", name=form.name.data), "success")
    if unknown := services.unknown_variables(form.message.data):
        names = ", ".join(f"{{{{{name}}}}}" for name in unknown)
        flash(_("These are no variables and stay as typed: %(names)s", names=names), "warning")
    return see_other(url_for(".saved_replies"))


def _new_page(form: ReplyForm) -> str:
    _name_ids(form, 0)
    return render_template("tickets/replies/new.html", form=form, variables=services.VARIABLES)


def _page(refused: dict[int, ReplyForm] | None = None) -> str:
    rows = queries.visible(actor())
    staff = dict(users.assignees())
    authors = users.names({row.owner_id for row in rows if row.owner_id})
    entries = [_entry(row, staff, authors, (refused or {}).get(row.id)) for row in rows]
    groups = [
        (_("Your replies"), [entry for entry in entries if not entry["shared"]]),
        (_("Shared by all staff"), [entry for entry in entries if entry["shared"]]),
    ]
    return render_template(
        "tickets/replies/index.html", groups=groups, variables=services.VARIABLES
    )


def _entry(
    row: SavedReplyRow, staff: dict[int, str], authors: dict[int, str], refused: ReplyForm | None
) -> dict[str, Any]:
    form = refused or _offered(ReplyForm(formdata=None, data=_form_data(row)))
    _name_ids(form, row.id)
    return {
        "id": row.id,
        "name": row.name,
        "message": row.message,
        "internal": row.internal,
        "shared": row.shared,
        "uses": row.uses,
        "changes": change_texts(row.changes, staff),
        "author": authors.get(row.owner_id or 0, "") if row.owner_id != actor().id else "",
        "may_change": permissions.can_change_saved(actor(), row),
        "form": form,
        "is_open": refused is not None,
    }


def _form_data(row: SavedReplyRow) -> dict[str, Any]:
    same = {name: getattr(row, name) for name in ("name", "message", "internal", "shared")}
    return same | row.changes | {"tags": " ".join(row.changes.get("tags", ()))}


def _name_ids(form: ReplyForm, number: int) -> None:
    """Several forms stand on one page, and `status` is the line that says what was done."""
    for field in form:
        field.id = f"{field.name}-{number}"


def _offered(form: ReplyForm) -> ReplyForm:
    return form.offer([(str(user_id), name) for user_id, name in users.assignees()])
