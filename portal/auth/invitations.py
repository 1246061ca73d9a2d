"""`/auth/invitations/<token>`: accept an invitation to an organization.

Mail scanners fetch every link. So a GET changes nothing: the button does.
"""

from flask import current_app, flash, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal import i18n
from portal.auth import bp
from portal.auth.forms import JoinForm
from portal.errors import EmailTaken
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.queries.organizations import organizations
from portal.queries.organizations.invitations import InvitationDetails
from portal.queries.people import users
from portal.security import permissions
from portal.security.people import passwords
from portal.services.organizations import invitations
from portal.web.fragments import see_other
from portal.web.people import sessions
from portal.web.rate_limits import limits
from portal.web.templating.labels import ORGANIZATION_ROLE_LABELS


@bp.get("/invitations/<token>")
def invitation(token: str) -> str:
    """The invitation, with what the reader has to do: join, sign in first, or open an account."""
    offer = invitations.find(token)
    return _page(token, offer, JoinForm(offer, formdata=None))


@bp.post("/invitations/<token>")
@limits.limited_by(limits.link_limits())
def accept_invitation(token: str) -> Response | tuple[str, int]:
    """Join with the signed-in account, or open one."""
    if current_user.is_authenticated:
        return _join(token)
    offer = invitations.find(token)
    if users.by_email(offer.invitation.email) is not None:
        return see_other(_sign_in_first(token))
    form = JoinForm(offer)
    if not form.validate():
        return _page(token, offer, form), 422
    return _open_account(token, form)


def _join(token: str) -> Response:
    begin_write()
    user = invitations.accept(actor=sessions.actor(), text=token)
    # Other rights, another session (ASVS 7.2.4).
    sessions.renew_session(user)
    db.session.commit()
    flash(_("You are a member now."), "success")
    return see_other(url_for("home"))


def _open_account(token: str, form: JoinForm) -> Response:
    hashed = passwords.hash_password(form.password.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    try:
        invitations.accept_new(
            text=token,
            password_hash=hashed,
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            locale=i18n.current_locale(),
        )
        db.session.commit()
    except EmailTaken:
        # Somebody has registered with the address meanwhile.
        db.session.rollback()
        return see_other(_sign_in_first(token))
    flash(_("Your account is open, and you are a member. Sign in with the password."), "success")
    return see_other(url_for("auth.login"))


def _sign_in_first(token: str) -> str:
    return url_for("auth.login", next=url_for("auth.invitation", token=token))


def _page(token: str, offer: InvitationDetails, form: JoinForm) -> str:
    return render_template(
        "auth/invitation.html",
        offer=offer,
        role=ORGANIZATION_ROLE_LABELS[offer.invitation.role],
        way=_next_step(offer),
        form=form,
        token=token,
        sign_in_url=_sign_in_first(token),
    )


def _next_step(offer: InvitationDetails) -> str:
    """Which of the template's ways is open to the reader."""
    if not current_user.is_authenticated:
        known = users.by_email(offer.invitation.email) is not None
        return "sign_in" if known else "open_account"
    who = sessions.actor()
    if who.email != offer.invitation.email:
        return "sign_out"
    if not permissions.can_join(who):
        return "staff"
    return "join" if organizations.own(who).personal else "leave_first"
