"""`/admin/users/<USR…>/merge`: one person has two accounts, and one of them is kept."""

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.people.user_forms import MergeForm
from portal.admin.people.user_lookup import find
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.models.people import User
from portal.models.people.user import format_id
from portal.queries.people import users as user_queries
from portal.security import permissions
from portal.services.privacy import merge_accounts
from portal.services.privacy.merge_accounts import Preview
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor


@bp.get("/users/<user:user_id>/merge")
@permitted(permissions.can_manage_people)
@confirmed
def merge_user(user_id: int) -> str | tuple[str, int]:
    """Which account is kept; with `into`, what merging would do."""
    person = find(user_id)
    form = MergeForm(request.args)
    if not form.into.data:
        return _page(person, MergeForm(formdata=None))
    try:
        kept = _kept(form)
        found = merge_accounts.preview(actor=actor(), source=person, kept=kept)
    except Invalid as invalid:
        form.add_errors(invalid)
        return _page(person, form), 422
    return _page(person, form, kept, found)


@bp.post("/users/<user:user_id>/merge")
@permitted(permissions.can_manage_people)
@confirmed
def merge_into(user_id: int) -> Response | tuple[str, int]:
    form = MergeForm()
    person = find(user_id)
    if form.validate():
        with change(form):
            person = find(user_id)
            kept = _kept(form)
            merge_accounts.merge(actor=actor(), source=person, kept=kept)
    if form.errors:
        return _page(person, form), 422
    flash(_("Both are one account now: %(name)s.", name=kept.name), "success")
    return see_other(url_for(".user", user_id=kept.id))


def _kept(form: MergeForm) -> User:
    """Whom the form names by number, address or username. Raises Invalid."""
    user_id = user_queries.find_id((form.into.data or "").strip())
    kept = user_queries.by_id(user_id) if user_id is not None else None
    if kept is None:
        raise Invalid(into="merge_unknown")
    return kept


def _page(
    person: User, form: MergeForm, kept: User | None = None, found: Preview | None = None
) -> str:
    return render_template(
        "admin/people/merge_user.html",
        person=person,
        form=form,
        kept=kept,
        into=format_id(kept.id) if kept else None,
        found=found,
    )
