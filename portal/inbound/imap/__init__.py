"""Fetching a mailbox by IMAP. `jobs.fetching` goes on and on; here is what it does with a server.

`opened` gives the folder of a mailbox, `try_mailbox` says whether that works.
"""

from portal.inbound.imap.access import Access
from portal.inbound.imap.failures import MailboxUnreachable
from portal.inbound.imap.opening import opened
from portal.models.inbound import Mailbox

__all__ = ["Access", "MailboxUnreachable", "opened", "try_mailbox"]


def try_mailbox(mailbox: Mailbox) -> None:
    """Sign in and select the folder; nothing is read. Raises MailboxUnreachable.

    It takes up to a minute, and is not to be called under the write lock. A row that is not stored
    yet can be tried as well, but not with tokens.
    """
    with opened(Access.of(mailbox)):
        pass
