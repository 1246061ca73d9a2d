"""`/tickets/queue/views`: saved views of the queue. For staff; customers get a 404."""

from typing import Any

from flask import Response, abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.queries.people import users
from portal.queries.tickets import saved_views as queries
from portal.queries.tickets.saved_views import SavedViewRow
from portal.security import permissions
from portal.services.tickets import saved_views as services
from portal.tickets import bp
from portal.tickets.forms import ViewForm
from portal.tickets.lists.chips import conditions_of
from portal.tickets.lists.queue_views import QueueViews, capped_counts
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.sessions import actor


@bp.get("/queue/views")
def saved_views() -> str:
    """All that the reader has, to rename, order, share and delete them."""
    _require_staff()
    return _page()


@bp.get("/queue/views/counts")
def view_counts() -> Response:
    """The rail anew, counted. Pages ask for it once they are there."""
    _require_staff()
    views = QueueViews(request.args)
    capped_counts().refresh(actor(), [row.filter for row in views.rows])
    entries, _fresh = views.rail()
    html = render_template("tickets/queue/_saved_views.html", saved_views=entries, counts_url="")
    return Response(html, mimetype="text/html")


@bp.get("/queue/views/new")
def new_view() -> str:
    """The filter in the address, to be saved under a name."""
    _require_staff()
    query = services.normal_query(request.query_string.decode())
    return _new_page(ViewForm(formdata=None, data={"query": query}))


@bp.post("/queue/views/new")
def create_view() -> AnyResponse | tuple[str, int]:
    _require_staff()
    form = ViewForm()
    if form.validate():
        with change(form):
            view = services.create(actor=actor(), query=form.query.data or "", **form.values())
    if form.errors:
        return _new_page(form), 422
    flash(_("“%(name)s” is saved.", name=view.name), "success")
    return see_other(url_for(".queue", saved=view.id))


@bp.post("/queue/views/<id:view_id>")
def change_view(view_id: int) -> AnyResponse | tuple[str, int]:
    _require_staff()
    form = ViewForm()
    if form.validate():
        with change(form):
            view = queries.find(actor(), view_id)
            services.change(actor=actor(), view=view, **form.values())
    if form.errors:
        return _page({view_id: form}), 422
    flash(_("“%(name)s” is saved.", name=form.name.data), "success")
    return see_other(url_for(".saved_views"))


@bp.post("/queue/views/<id:view_id>/filter")
def set_view_filter(view_id: int) -> AnyResponse:
    """Give a view the conditions that the queue shows."""
    _require_staff()
    with change():
        view = queries.find(actor(), view_id)
        services.set_query(actor=actor(), view=view, query=request.form.get("query", ""))
        name = view.name
    flash(_("“%(name)s” is saved.", name=name), "success")
    return see_other(url_for(".queue", saved=view_id))


@bp.post("/queue/views/<id:view_id>/order")
def move_view(view_id: int) -> AnyResponse:
    _require_staff()
    steps = {"up": -1, "down": 1}
    word = request.form.get("by", "")
    if word not in steps:
        raise Invalid(by="unknown")
    with change():
        view = queries.find(actor(), view_id)
        services.move(actor=actor(), view=view, by=steps[word])
        name = view.name
    flash(_("“%(name)s” has moved.", name=name), "success")
    return see_other(f"{url_for('.saved_views')}#view-{view_id}")


@bp.post("/queue/views/<id:view_id>/delete")
def delete_view(view_id: int) -> AnyResponse:
    _require_staff()
    with change():
        view = queries.find(actor(), view_id)
        name = view.name
        services.delete_view(actor=actor(), view=view)
    flash(_("“%(name)s” is deleted. Its tickets are where they were.", name=name), "success")
    return see_other(url_for(".saved_views"))


def _require_staff() -> None:
    if not permissions.can_triage(actor()):
        abort(404)


def _new_page(form: ViewForm) -> str:
    wanted = SavedViewRow(0, None, "", form.query.data or "", False, None).filter
    conditions = conditions_of([wanted], dict(users.assignees()))[0]
    return render_template("tickets/views/new.html", form=form, conditions=conditions)


def _page(refused: dict[int, ViewForm] | None = None) -> str:
    known = dict(users.assignees())
    rows = queries.visible(actor())
    authors = users.names({row.owner_id for row in rows if row.owner_id})
    conditions = conditions_of([row.filter for row in rows], known)
    views = [
        _entry(row, texts, authors, (refused or {}).get(row.id))
        for row, texts in zip(rows, conditions, strict=True)
    ]
    groups = [
        (_("Your views"), [view for view in views if not view["shared"]]),
        (_("Shared by all staff"), [view for view in views if view["shared"]]),
    ]
    return render_template("tickets/views/index.html", groups=groups)


def _entry(
    row: SavedViewRow, conditions: list[str], authors: dict[int, str], refused: ViewForm | None
) -> dict[str, Any]:
    data = {"name": row.name, "shared": row.shared, "key": str(row.key or "")}
    form = refused or ViewForm(formdata=None, data=data, prefix="")
    for field in form:  # several forms stand on one page
        field.id = f"{field.name}-{row.id}"
    return {
        "id": row.id,
        "name": row.name,
        "shared": row.shared,
        "key": row.key,
        "url": url_for(".queue", saved=row.id),
        "conditions": conditions,
        "unknown": row.unknown,
        "author": authors.get(row.owner_id or 0, "") if row.owner_id != actor().id else "",
        "may_change": permissions.can_change_view(actor(), row),
        "form": form,
        "is_open": refused is not None,
    }
