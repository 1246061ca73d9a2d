"""A provider's consent to fetch a mailbox, by OAuth 2."""

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.errors import NotFound
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.models.inbound import Mailbox, MailboxWay
from portal.queries.inbound import mailboxes as queries
from portal.security import consents
from portal.security.delivery.oauth import TokensRefused
from portal.security.delivery.outbound import OutboundError
from portal.services.inbound import mailbox_oauth
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor
from portal.web.rate_limits import limits
from portal.web.rate_limits.limit_keys import by_actor

PROVIDER_NAMES = {"microsoft": "Microsoft", "google": "Google"}
_limits_outgoing_calls = limits.limited_by(limits.call_limits(limits.OUTGOING_CALL, by_actor))


@bp.get("/mail/mailboxes/<id:mailbox_id>/connect")
@confirmed
def connect_mailbox(mailbox_id: int) -> str:
    """The way to the provider: a link, as our forms may lead to no other site."""
    mailbox = _fetched(mailbox_id)
    if mailbox.authentication not in PROVIDER_NAMES:
        raise NotFound
    url = mailbox_oauth.authorization_url(
        actor=actor(),
        mailbox=mailbox,
        redirect_uri=redirect_uri(),
        session_key=actor().session_token,
    )
    return render_template(
        "admin/inbound/connect.html",
        mailbox=mailbox,
        provider=PROVIDER_NAMES[mailbox.authentication],
        redirect_uri=redirect_uri(),
        url=url,
    )


@bp.get("/mail/connected")
@_limits_outgoing_calls
def mailbox_connected() -> Response:
    """Where the provider sends the browser back to, with a code for tokens or a refusal."""
    consent = consents.read(request.args.get("state", ""), actor().session_token)
    mailbox = _fetched(consent.mailbox_id)
    page = see_other(url_for(".mailbox", mailbox_id=mailbox.id))
    if not (code := request.args.get("code", "")):
        flash(_("There was no consent, and nothing was changed."), "warning")
        return page
    try:
        tokens = mailbox_oauth.redeem(
            mailbox, code=code, verifier=consent.verifier, redirect_uri=redirect_uri()
        )
    except (TokensRefused, OutboundError) as error:
        flash(_("The provider gave no access: %(reason)s.", reason=str(error)), "error")
        return page
    with change():
        mailbox = queries.find(consent.mailbox_id, lock=True)
        mailbox_oauth.connect(actor=actor(), mailbox=mailbox, tokens=tokens)
    flash(_("%(name)s is connected, and fetched within a minute.", name=mailbox.address), "success")
    return page


def redirect_uri() -> str:
    """What is registered at the provider."""
    return f"{setting('BASE_URL')}{url_for('admin.mailbox_connected')}"


def _fetched(mailbox_id: int) -> Mailbox:
    mailbox = queries.find(mailbox_id)
    if mailbox.way != MailboxWay.IMAP:
        raise NotFound
    return mailbox
