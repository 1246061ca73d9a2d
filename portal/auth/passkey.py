"""Sign in with a passkey alone; options for `navigator.credentials.get` on any page."""

from typing import Any

from flask import flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.sign_in_steps import SignIn, pending_sign_in
from portal.errors import Invalid
from portal.extensions import begin_write, db
from portal.models.people import User
from portal.queries.people import second_factors
from portal.security.people.passkeys import Answer, authentication_options
from portal.services.people import accounts, passkeys
from portal.web.forms import ERROR_MESSAGES
from portal.web.fragments import see_other
from portal.web.people.passkeys import new_challenge, read_answer
from portal.web.people.return_page import safe_next
from portal.web.rate_limits import counts, limits
from portal.web.rate_limits.limit_keys import by_address


@bp.post("/passkey/options")
@limits.limited_by(limits.call_limits(limits.PASSKEY_OPTIONS, by_address))
def passkey_options() -> dict[str, Any]:
    """A new challenge. The ids of passkeys are listed only for their owner."""
    step = None if current_user.is_authenticated else pending_sign_in()
    user_id = current_user.id if current_user.is_authenticated else step[1].id if step else None
    known = second_factors.passkeys_of(user_id) if user_id else []
    return authentication_options(new_challenge(), known, alone=step is None)


@bp.post("/passkey")
@limits.limited_by(limits.attempt_limits(limits.PASSKEY))
def passkey() -> Response:
    """Sign in by a passkey with user verification (finger, face or PIN)."""
    wanted = safe_next(request.form.get("next", ""))
    answer = None
    try:
        answer, challenge = read_answer()
        begin_write()
        user = passkeys.verify(answer, challenge, alone=True)
    except Invalid:
        counts.add(counts.Attempt.PASSKEY)
        _note_failure(answer)
        flash(str(ERROR_MESSAGES["refused"]), "error")
        return see_other(url_for("auth.login", next=wanted))
    return SignIn(user, remembered=False, wanted=wanted).complete()


def _note_failure(answer: Answer | None) -> None:
    """Record it in the log of the account that the passkey belongs to, if any."""
    begin_write()
    passkey = second_factors.passkey_by_credential(answer.credential_id) if answer else None
    if passkey is not None:
        accounts.record_failed_sign_in(db.session.get_one(User, passkey.user_id), step="passkey")
    db.session.commit()
