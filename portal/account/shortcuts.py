"""`/account/shortcuts`: which keys do what. For staff; customers get a 404."""

from flask import abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.models.people.shortcuts import DEFAULT_KEYS, MAX_KEY, Shortcut, keys_of
from portal.security import permissions
from portal.services.people import shortcuts as services
from portal.web.change import change
from portal.web.forms import Form, LineField
from portal.web.fragments import see_other
from portal.web.people.sessions import actor, own_user
from portal.web.templating.labels import SHORTCUT_LABELS

_PREFIX = "key_"


class _KeysForm(Form):
    """A field for each shortcut, called by its name with a prefix."""

    def keys(self) -> dict[Shortcut, str]:
        return {name: (self[_PREFIX + name].data or "").lower() for name in Shortcut}

    def add_errors(self, invalid: Invalid) -> None:
        for name, code in invalid.details.items():
            self.add_error(_PREFIX + name, code)


KeysForm = type(
    "KeysForm",
    (_KeysForm,),
    {
        _PREFIX + name: LineField(
            SHORTCUT_LABELS[name],
            max_length=MAX_KEY,
            render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
        )
        for name in Shortcut
    },
)


@bp.get("/shortcuts")
def shortcuts() -> str:
    _require_staff()
    keys = keys_of(actor().shortcuts)
    return _page(KeysForm(formdata=None, data={_PREFIX + name: keys[name] for name in keys}))


@bp.post("/shortcuts")
def save_shortcuts() -> Response | tuple[str, int]:
    _require_staff()
    form = KeysForm()
    usual = "usual" in request.form
    if usual or form.validate():
        with change(form):
            keys = DEFAULT_KEYS if usual else form.keys()
            services.choose(actor=actor(), user=own_user(), keys=keys)
    if form.errors:
        return _page(form), 422
    flash(_("Your keys are saved."), "success")
    return see_other(url_for(".shortcuts"))


def _require_staff() -> None:
    if not permissions.can_triage(actor()):
        abort(404)


def _page(form: Form) -> str:
    fields = [form[_PREFIX + name] for name in Shortcut]
    return render_template("account/shortcuts.html", fields=fields)
