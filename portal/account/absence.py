"""`/account/absence`: to be away oneself, for staff."""

from flask import abort, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.security import permissions
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.absence import AbsenceForm, last_day
from portal.web.people.sessions import actor, own_user


@bp.get("/absence")
def absence() -> str:
    _require_staff()
    return _page(AbsenceForm(formdata=None, data=last_day(own_user())))


@bp.post("/absence")
def save_absence() -> Response | tuple[str, int]:
    _require_staff()
    form = AbsenceForm()
    if form.validate():
        with change(form):
            text = form.save(actor=actor(), user=own_user())
    if form.errors:
        return _page(form), 422
    flash(text, "success")
    return see_other(url_for(".absence"))


def _require_staff() -> None:
    if not permissions.can_triage(actor()):
        abort(404)


def _page(form: AbsenceForm) -> str:
    return render_template("account/absence.html", form=form, user=own_user())
