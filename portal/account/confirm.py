"""`/account/confirm`: the step-up page, which asks for a fresh proof (`web.people.confirm`)."""

from flask import current_app, flash, render_template, request
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from portal.account import bp
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import lazy_gettext
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.people import second_factors, users
from portal.security.people import passwords
from portal.security.people import sessions as session_rows
from portal.security.people.passkeys import are_available
from portal.services.people import account_log, accounts, passkeys
from portal.web.change import change
from portal.web.forms import ERROR_MESSAGES, Form
from portal.web.fragments import see_other
from portal.web.people import sessions
from portal.web.people.passkeys import read_answer
from portal.web.people.return_page import safe_next
from portal.web.rate_limits import counts, limits
from portal.web.rate_limits.limit_keys import by_session


class ConfirmForm(Form):
    password = PasswordField(
        lazy_gettext("Password"),
        [InputRequired(ERROR_MESSAGES["required"])],
        render_kw={
            "autocomplete": "current-password",
            "required": True,
            "maxlength": passwords.MAX_LENGTH,
        },
    )


@bp.get("/confirm")
def confirm() -> str:
    return _page(ConfirmForm())


@bp.post("/confirm")
@limits.limited_by(limits.proof_limits(by_session))
def prove() -> Response | tuple[str, int]:
    """Check the password or the passkey. The proof holds for this session alone."""
    form = ConfirmForm()
    with_passkey = "credential" in request.form
    if not with_passkey and not form.validate():
        return _page(form), 422
    actor = sessions.actor()
    try:
        if with_passkey:
            prove_by_passkey(actor)
        else:
            _by_password(actor, form.password.data)
    except Invalid as problem:
        return _refused(form, actor, problem)
    session_rows.confirm(actor.session_token)
    db.session.commit()
    return see_other(_next_url())


def _by_password(actor: Actor, password: str) -> None:
    user, rounds = users.by_id(actor.id), current_app.config["BCRYPT_ROUNDS"]
    right = accounts.check_password(user, password, rounds=rounds)
    sessions.begin_change()
    if not right:
        raise Invalid(password="wrong_password")  # noqa: S106 - a word


def prove_by_passkey(actor: Actor) -> None:
    """Check the form's passkey, inside a new write unit. Raises Invalid."""
    answered = read_answer()
    sessions.begin_change()
    user = db.session.get_one(User, actor.id)
    passkeys.verify(*answered, alone=True, user=user)


def _refused(form: ConfirmForm, actor: Actor, problem: Invalid) -> tuple[str, int]:
    record_failed_proof(actor)
    if "password" in problem.details:
        form.add_error("password", problem.details["password"])
    else:
        flash(str(ERROR_MESSAGES["refused"]), "error")
    return _page(form), 422


def record_failed_proof(actor: Actor) -> None:
    """Count a failed proof, and record it in the account log."""
    counts.add(counts.Attempt.PROOF)
    with change():
        user = db.session.get_one(User, actor.id)
        account_log.record(
            user=user, kind=AccountEventKind.SIGN_IN_FAILED, actor=actor, step="confirm"
        )


def _page(form: ConfirmForm) -> str:
    has_passkeys = are_available() and second_factors.has_passkeys(sessions.actor().id)
    return render_template(
        "account/confirm.html", form=form, next=_next_url(), passkeys=has_passkeys
    )


def _next_url() -> str:
    return safe_next(request.form.get("next") or request.args.get("next", ""))
