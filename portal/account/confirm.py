"""The page that asks for fresh proof; see `portal.web.confirm`."""

from flask import current_app, render_template, request
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from portal.account import bp
from portal.extensions import begin_write, db, limiter
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models import AccountEventKind
from portal.queries import users
from portal.security import sessions as session_rows
from portal.services import account_log, accounts
from portal.web import sessions
from portal.web.forms import PROBLEMS, Form
from portal.web.fragments import see_other
from portal.web.limits import by_actor, refused


class ConfirmForm(Form):
    """The password once more."""

    password = PasswordField(
        lazy_gettext("Password"),
        [InputRequired(PROBLEMS["required"])],
        render_kw={"autocomplete": "current-password", "required": True, "maxlength": 200},
    )


@bp.get("/confirm")
def confirm() -> str:
    """The form."""
    return _page(ConfirmForm())


@bp.post("/confirm")
@limiter.limit("10 per 5 minutes", key_func=by_actor, deduct_when=refused)
def prove() -> Response | tuple[str, int]:
    """Check the password; this session is fresh again, other ones are not."""
    form = ConfirmForm()
    if not form.validate():
        return _page(form), 422
    actor = sessions.actor()
    user = users.by_id(actor.id)
    rounds = current_app.config["BCRYPT_ROUNDS"]
    right = accounts.check_password(user, form.password.data, rounds=rounds)
    begin_write()
    if right:
        session_rows.confirm(actor.session_token)
        db.session.commit()
        return see_other(_wanted())
    if (user := users.by_id(actor.id)) is not None:
        kind = AccountEventKind.SIGN_IN_FAILED
        account_log.record(user=user, kind=kind, actor=actor, step="confirm")
    db.session.commit()
    form.password.errors = [_("This is not your password.")]
    return _page(form), 422


def _page(form: ConfirmForm) -> str:
    return render_template("account/confirm.html", form=form, next=_wanted())


def _wanted() -> str:
    return sessions.safe_next(request.form.get("next") or request.args.get("next", ""))
