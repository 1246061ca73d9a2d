"""Access tokens of a mailbox: the one that is kept while it lasts, else a new one.

In a database session of its own, which ends at once: an open mailbox would hold the caller's for
hours. Not to be called under the write lock, as a new token is committed.
"""

from datetime import timedelta

from flask import current_app

from portal import clock
from portal.errors import NotConfigured
from portal.extensions import begin_write, db
from portal.inbound.imap.failures import MailboxUnreachable
from portal.models.inbound import FailureReason, Mailbox
from portal.security import encryption
from portal.security.delivery import oauth
from portal.security.delivery.oauth import TokensRefused
from portal.services.inbound import mailbox_oauth

# A sign-in should not meet the end of its token.
_EARLY = timedelta(minutes=5)


def current(mailbox_id: int) -> str:
    """An access token that lasts for some minutes. Raises MailboxUnreachable, OutboundError."""
    return _kept(mailbox_id) or renewed(mailbox_id)


def renewed(mailbox_id: int) -> str:
    """A new access token, which is kept. Raises MailboxUnreachable, OutboundError."""
    with current_app.app_context():
        try:
            mailbox = _row(mailbox_id)
            former = mailbox.refresh_token
            client, refresh_token = mailbox_oauth.for_refresh(mailbox)
            db.session.rollback()  # nothing is held while the provider is asked
            tokens = oauth.refresh(client, refresh_token)
        except TokensRefused as error:
            raise MailboxUnreachable(FailureReason.TOKEN, str(error)) from error
        except NotConfigured:
            detail = "none of the keys in ENCRYPTION_MASTER_KEY opens the tokens"
            raise MailboxUnreachable(FailureReason.TOKEN, detail) from None
        begin_write()
        mailbox = db.session.get_one(Mailbox, mailbox_id, with_for_update=True)
        # Meanwhile it may have another account, or another server, which must not be sent these.
        if mailbox.refresh_token == former:
            mailbox_oauth.keep(mailbox, tokens)
        db.session.commit()
    return tokens.access


def _kept(mailbox_id: int) -> str | None:
    with current_app.app_context():
        mailbox = _row(mailbox_id)
        ends = mailbox.access_token_expires_at
        if mailbox.access_token is None or ends is None or ends < clock.now() + _EARLY:
            return None
        try:
            return encryption.decrypt(mailbox.access_token)
        except NotConfigured:
            return None


def _row(mailbox_id: int) -> Mailbox:
    return db.session.get_one(Mailbox, mailbox_id)
