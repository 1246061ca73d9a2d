"""`/account/keys`: create, list and revoke API keys. A new key is shown once."""

from collections.abc import Callable, Sequence

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.extensions import db
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import ApiKey, KeyScope, User
from portal.queries.people import api_keys as key_queries
from portal.security.people import api_keys
from portal.services.people import api_keys as key_services
from portal.web import shown_once
from portal.web.change import change
from portal.web.forms import ChoiceField, Form, LineField
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed, is_fresh
from portal.web.people.sessions import actor
from portal.web.templating.labels import KEY_LIFETIME_LABELS, KEY_SCOPE_LABELS

Answer = Response | tuple[str, int]
_NEW_KEY = "api_key"


class KeyForm(Form):
    name = LineField(
        lazy_gettext("Name"),
        max_length=key_services.MAX_NAME,
        needed=True,
        description=lazy_gettext("What it is for, so that you know it again."),
        render_kw={"autocomplete": "off"},
    )
    scope = ChoiceField(lazy_gettext("Access"), pairs=tuple(KEY_SCOPE_LABELS.items()))
    expires = ChoiceField(
        lazy_gettext("Expires"), pairs=tuple(KEY_LIFETIME_LABELS.items()), default="90"
    )

    def __init__(self) -> None:
        super().__init__()
        offered = key_services.scopes_of(actor())
        self.scope.pairs = tuple((one, KEY_SCOPE_LABELS[one]) for one in offered)

    @property
    def days(self) -> int | None:
        """The chosen lifetime in days; None: no expiry."""
        return int(self.expires.data) if self.expires.data != "never" else None


@bp.get("/keys")
def keys() -> str:
    """The list, with the form for a new key if the last proof is fresh, and a key just made."""
    return _page(KeyForm(), made=shown_once.take(_NEW_KEY))


@bp.post("/keys")
@confirmed
def create_key() -> Answer:
    """Create a key and redirect to the list, which shows it once."""
    return _make(key_services.create)


@bp.post("/keys/reset")
@confirmed
def reset_keys() -> Answer:
    """Revoke all keys and create one."""
    return _make(key_services.reset_all)


@bp.post("/keys/<id:key_id>/revoke")
def revoke_key(key_id: int) -> Response:
    with change():
        key = key_services.revoke(actor=actor(), user=_own_locked(), key_id=key_id)
    flash(_("The key %(name)s opens nothing any more.", name=key.name), "success")
    return see_other(url_for(".keys"))


def _make(verb: Callable[..., tuple[ApiKey, str]]) -> Answer:
    form = KeyForm()
    if not form.validate():
        return _page(form), 422
    with change(form):
        key, text = verb(
            actor=actor(),
            user=_own_locked(),
            name=form.name.data,
            scope=KeyScope(form.scope.data),
            days=form.days,
        )
    if form.errors:
        return _page(form), 422
    shown_once.keep(_NEW_KEY, key.name, text)
    flash(_("The key %(name)s is made.", name=key.name), "success")
    return see_other(url_for(".keys"))


def _own_locked() -> User:
    """The signed-in person's row, locked: two forms at once must not both fit under the limit."""
    return db.session.get_one(User, actor().id, with_for_update=True)


def _page(form: KeyForm, *, made: Sequence[str] = ()) -> str:
    rows = [(key, api_keys.is_active(key)) for key in key_queries.list_active(actor().id)]
    return render_template("account/keys.html", form=form, keys=rows, made=made, fresh=is_fresh())
