"""`/admin/mail/mailboxes/<id>/try`: signs in to the server of a mailbox, and says how it went."""

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.errors import NotFound
from portal.i18n import gettext as _
from portal.inbound.imap import MailboxUnreachable, try_mailbox
from portal.models.inbound import MailboxWay
from portal.models.inbound.mailbox import FAILURE_TEXTS
from portal.queries.inbound import mailboxes as queries
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.rate_limits import limits
from portal.web.rate_limits.limit_keys import by_actor


@bp.post("/mail/mailboxes/<id:mailbox_id>/try")
@limits.limited_by(limits.call_limits(limits.OUTGOING_CALL, by_actor, methods=["POST"]))
@confirmed
def try_out_mailbox(mailbox_id: int) -> Response:
    """As it is stored. Nothing is read, and nothing changes."""
    mailbox = queries.find(mailbox_id)
    if mailbox.way != MailboxWay.IMAP:
        raise NotFound
    try:
        try_mailbox(mailbox)
    except MailboxUnreachable as failure:
        flash(f"{FAILURE_TEXTS[failure.reason]} ({failure.detail})", "error")
    else:
        flash(_("The mailbox can be read: signing in works, and its folder is there."), "success")
    return see_other(url_for(".mailbox", mailbox_id=mailbox_id))
