"""`/admin/settings/<group>`: the settings of the desk, a page for each group."""

from io import BytesIO
from typing import Any

from flask import current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal import product
from portal.admin import bp
from portal.admin.operations.setting_forms import FORMS, SettingsForm, default_text
from portal.errors import ConfigError, NotFound
from portal.extensions import setting as in_force
from portal.i18n import gettext as _
from portal.queries.operations import retention
from portal.queries.operations import settings as queries
from portal.security import permissions
from portal.services.operations import settings as services
from portal.settings.registry import SETTINGS, of_group
from portal.settings.setting import GROUP_LABELS, Group, Kind
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor

_ours = permitted(permissions.can_change_settings)
Answer = str | Response | tuple[str, int]


@bp.get("/settings/")
@_ours
def settings() -> Response:
    return see_other(_url(Group.IDENTITY))


def show(group: Group) -> str:
    """The settings of a group as they are, or what would go if they were others."""
    form = FORMS[group].filled(queries.version())
    if group is not Group.RETENTION or "preview" not in request.args:
        return _page(form)
    form.process(request.args, seen=form.seen.data)
    return _page(form, preview=_preview(form) if form.fits() else None)


def save(group: Group) -> Answer:
    """Change what is another than it was, or put one back to the environment's."""
    if name := request.form.get("reset"):
        return _reset(group, name)
    if "preview" in request.form:
        typed: dict[str, Any] = {s.field: request.form.get(s.field) for s in of_group(group)}
        return see_other(url_for(f".settings_{group}", preview=1, **typed))
    form = FORMS[group]()
    changed = form.validate() and _save(form)
    if form.errors:
        return _page(form), 422
    flash(_("Saved.") if changed else _("Nothing was changed."), "success")
    return see_other(_url(group))


def _save(form: SettingsForm) -> bool:
    """Whether anything became another. Errors stand in the form."""
    pictures = _pictures(form)
    if form.errors:
        return False
    changed: list[Any] = []
    with change(form):
        changed += services.change(actor=actor(), texts=form.texts(), seen=form.seen.data or "")
        for name, logo, key in pictures:
            services.change_picture(actor=actor(), name=name, suffix=logo.suffix, storage_key=key)
    return bool(changed or pictures)


def _pictures(form: SettingsForm) -> list[tuple[str, product.Logo, str]]:
    """(setting, picture, its key in the file store) of each that was sent, checked and stored."""
    found = []
    for setting in form.settings():
        sent = form[setting.field].data if setting.kind is Kind.PICTURE else None
        if not sent or not sent.filename:
            continue
        try:
            logo = product.check_logo(sent.stream.read(product.MAX_LOGO + 1), sent.filename)
        except ConfigError:
            form[setting.field].errors = [str(setting.refusal)]
            continue
        stored = current_app.extensions["lodge.storage"].put(
            BytesIO(logo.body), limit=product.MAX_LOGO
        )
        found.append((setting.name, logo, stored.key))
    return found


def _reset(group: Group, name: str) -> Response:
    if name not in SETTINGS or SETTINGS[name].group is not group:
        raise NotFound
    with change():
        services.reset(actor=actor(), name=name)
    label = SETTINGS[name].label
    flash(_("%(name)s is as the environment has it.", name=label), "success")
    return see_other(_url(group))


def _preview(form: SettingsForm) -> list[tuple[str, str]]:
    """(what, how many would go) under the numbers of the form."""
    counted = (
        ("TICKET_RETENTION_DAYS", _("Closed tickets"), retention.closed),
        ("TRASH_RETENTION_DAYS", _("Tickets in the trash"), retention.trashed),
        ("LOG_RETENTION_DAYS", _("Lines of the log of actions"), retention.actions),
        ("LOG_RETENTION_DAYS", _("API requests"), retention.api_requests),
    )
    texts, found = form.texts(), []
    for name, label, count in counted:
        kept_for = SETTINGS[name].read_text(texts[name])
        number = 0 if kept_for is None else count(kept_for)
        found.append((label, f"{number}+" if number >= retention.CAP else str(number)))
    return found


def _page(form: SettingsForm, preview: list[tuple[str, str]] | None = None) -> str:
    chosen = {row.name for row in queries.stored()}
    return render_template(
        "admin/operations/settings.html",
        form=form,
        title=GROUP_LABELS[form.group],
        url=_url(form.group),
        preview=preview,
        trial_url=url_for(".send_trial") if form.group is Group.MAIL else None,
        can_preview=form.group is Group.RETENTION,
        rows=[
            {
                "setting": setting,
                "kind": setting.kind.name.lower(),
                "field": form[setting.field],
                "default": default_text(setting) if setting.name in chosen else None,
            }
            for setting in form.settings()
        ],
        shades=in_force("PRODUCT").accent,
    )


def _url(group: Group) -> str:
    return url_for(f"admin.settings_{group}")


def _add_routes(group: Group) -> None:
    """What opens doors or deletes is shown after a proof, so that saving asks for none."""

    def shown() -> Answer:
        return show(group)

    def saved() -> Answer:
        return save(group)

    if any(setting.dangerous for setting in of_group(group)):
        shown, saved = confirmed(shown), confirmed(saved)
    shown, saved = _ours(shown), _ours(saved)
    bp.add_url_rule(f"/settings/{group}", f"settings_{group}", shown)
    bp.add_url_rule(f"/settings/{group}", f"save_settings_{group}", saved, methods=["POST"])


for _group in Group:
    _add_routes(_group)
