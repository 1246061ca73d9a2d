"""`/admin/plans`: the numbers of the plans."""

from typing import Any

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import ValidationError

from portal.admin import bp
from portal.extensions import db
from portal.i18n import gettext, lazy_gettext, ngettext
from portal.i18n import gettext as _
from portal.models.organizations import Plan, PlanName
from portal.queries.organizations import plans as queries
from portal.security import permissions
from portal.services.organizations import plans as services
from portal.services.organizations.plans import Limits
from portal.web.change import change
from portal.web.forms import Form, LineField
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.templating.labels import PLAN_LABELS

_MEGABYTE = 1024 * 1024
COLUMNS = {
    "members": lazy_gettext("Members"),
    "open_tickets": lazy_gettext("Open tickets"),
    "file_bytes": lazy_gettext("Storage, MB"),
    "calls_a_day": lazy_gettext("API calls a day"),
}
_ours = permitted(permissions.can_manage_people)


def _field_name(plan: PlanName, limit: str) -> str:
    return f"{plan}_{limit}"


_MOST_DIGITS = len(str(services.MAX_LIMIT))


class _LimitField(LineField):
    """A whole number from 1 on; empty for no limit."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        render = {"inputmode": "numeric", "autocomplete": "off", "size": 8}
        super().__init__(label, max_length=_MOST_DIGITS, render_kw=render, **kwargs)

    def pre_validate(self, _form: Any) -> None:
        text = (self.data or "").strip()
        is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        if text and not (is_number and 0 < int(text) <= services.MAX_LIMIT):
            raise ValidationError(gettext("Use whole numbers from 1 on, or leave a field empty."))

    @property
    def number(self) -> int | None:
        return int(self.data) if self.data else None


class _PlansForm(Form):
    """A field for each limit of each plan."""

    def limits(self, plan: PlanName) -> Limits:
        numbers = {limit: self[_field_name(plan, limit)].number for limit in COLUMNS}
        if numbers["file_bytes"] is not None:
            numbers["file_bytes"] *= _MEGABYTE
        return Limits(**numbers)


PlansForm = type(
    "PlansForm",
    (_PlansForm,),
    {
        _field_name(plan, limit): _LimitField(label)
        for plan in PlanName
        for limit, label in COLUMNS.items()
    },
)


@bp.get("/plans")
@_ours
@confirmed
def plans() -> str:
    typed = {
        _field_name(PlanName(plan.name), limit): text
        for plan in queries.all_plans()
        for limit, text in _texts(plan).items()
    }
    return _page(PlansForm(formdata=None, **typed))


@bp.post("/plans")
@_ours
@confirmed
def save_plans() -> Response | tuple[str, int]:
    """Let the plans have these numbers."""
    form = PlansForm()
    if not form.validate():
        return _page(form), 422
    with change():
        changed = [
            name
            for name in PlanName
            if services.set_limits(actor=actor(), name=name, limits=form.limits(name))
        ]
    flash(_("Saved.") if changed else _("Nothing was changed."), "success")
    for name in changed:
        _tell_who_is_over(name)
    return see_other(url_for(".plans"))


def _tell_who_is_over(name: PlanName) -> None:
    plan = db.session.get_one(Plan, name)
    if number := queries.over_limits(plan):
        flash(
            ngettext(
                "%(num)d organization uses more than %(plan)s allows. Nothing is deleted; what is "
                "new is refused until there is room.",
                "%(num)d organizations use more than %(plan)s allows. Nothing is deleted; what is "
                "new is refused until there is room.",
                number,
                plan=PLAN_LABELS[name],
            ),
            "warning",
        )


def _texts(plan: Plan) -> dict[str, str]:
    numbers = {limit: getattr(plan, limit) for limit in COLUMNS}
    if numbers["file_bytes"] is not None:
        numbers["file_bytes"] //= _MEGABYTE
    return {limit: "" if most is None else str(most) for limit, most in numbers.items()}


def _page(form: Any) -> str:
    return render_template(
        "admin/plans.html",
        form=form,
        columns=COLUMNS,
        rows=[
            (PLAN_LABELS[plan], [form[_field_name(plan, limit)] for limit in COLUMNS])
            for plan in PlanName
        ],
    )
