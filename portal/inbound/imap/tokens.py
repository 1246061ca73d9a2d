"""Access tokens of a mailbox: the one that is kept while it lasts, else a new one.

Called outside of write units: the provider is asked, and its tokens are committed.
"""

from datetime import timedelta

from portal import clock
from portal.errors import NotConfigured
from portal.extensions import begin_write, db
from portal.inbound.imap.failures import MailboxUnreachable
from portal.models.inbound import FailureReason, Mailbox
from portal.security import encryption
from portal.security.delivery.oauth import TokensRefused
from portal.services.inbound import mailbox_oauth

# A sign-in should not meet the end of its token.
_EARLY = timedelta(minutes=5)


def current(mailbox_id: int) -> str:
    """An access token that lasts for some minutes. Raises MailboxUnreachable, OutboundError."""
    mailbox = db.session.get_one(Mailbox, mailbox_id)
    ends = mailbox.access_token_expires_at
    if mailbox.access_token is None or ends is None or ends < clock.now() + _EARLY:
        return renewed(mailbox_id)
    try:
        return encryption.decrypt(mailbox.access_token)
    except NotConfigured:
        return renewed(mailbox_id)


def renewed(mailbox_id: int) -> str:
    """A new access token, which is kept. Raises MailboxUnreachable, OutboundError."""
    try:
        tokens = mailbox_oauth.refresh(db.session.get_one(Mailbox, mailbox_id))
    except TokensRefused as error:
        raise MailboxUnreachable(FailureReason.TOKEN, str(error)) from error
    except NotConfigured:
        detail = "none of the keys in ENCRYPTION_MASTER_KEY opens the tokens"
        raise MailboxUnreachable(FailureReason.TOKEN, detail) from None
    begin_write()
    mailbox_oauth.keep(db.session.get_one(Mailbox, mailbox_id), tokens)
    db.session.commit()
    return tokens.access
