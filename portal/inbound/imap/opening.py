"""A mailbox opened: connected, signed in, its folder selected."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from imapclient.exceptions import LoginError

from portal.errors import NotConfigured
from portal.inbound.imap import tokens
from portal.inbound.imap.access import Access
from portal.inbound.imap.client import Client
from portal.inbound.imap.failures import MailboxUnreachable, as_refused, as_unreachable
from portal.inbound.imap.folder import Folder
from portal.models.inbound import FailureReason
from portal.security import encryption
from portal.security.delivery import mail_servers

_CONNECT_SECONDS = 10.0
_SIGN_IN_SECONDS = 30.0
_LOGOUT_SECONDS = 2.0


@contextmanager
def opened(access: Access) -> Iterator[Folder]:
    """The folder, until the block ends. Raises MailboxUnreachable, also for what the block asks.

    Nothing may be locked in the database: servers are slow.
    """
    with as_unreachable():
        client = _signed_in(access)
        try:
            with as_refused(FailureReason.FOLDER), client.within(_SIGN_IN_SECONDS):
                selected = client.select_folder(access.folder)
            yield Folder(client, selected)
        finally:
            _close(client)


def _signed_in(access: Access) -> Client:
    if not access.by_token:
        return _connect(access, _password(access))
    try:
        return _connect(access, tokens.current(access.mailbox_id))
    except MailboxUnreachable as error:
        if error.reason is not FailureReason.TOKEN:
            raise
    # Providers end tokens before their time, too.
    return _connect(access, tokens.renewed(access.mailbox_id))


def _password(access: Access) -> str:
    try:
        return encryption.decrypt(access.secret) if access.secret else ""
    except NotConfigured:
        detail = "none of the keys in ENCRYPTION_MASTER_KEY opens the password"
        raise MailboxUnreachable(FailureReason.PASSWORD, detail) from None


def _connect(access: Access, secret: str) -> Client:
    connection = mail_servers.connect(
        access.host, access.port, security=access.security, within=_CONNECT_SECONDS
    )
    try:
        client = Client(connection, access.host, tls=access.security == "tls")
    except BaseException:
        connection.close()
        raise
    try:
        with client.within(_SIGN_IN_SECONDS):
            if access.security == "starttls":
                with as_refused(FailureReason.TLS):
                    client.starttls(mail_servers.tls_context())
            _sign_in(client, access, secret)
    except BaseException:
        _drop(client)
        raise
    return client


def _sign_in(client: Client, access: Access, secret: str) -> None:
    if access.by_token:
        with as_refused(FailureReason.TOKEN):
            client.oauth2_login(access.username, secret)
        return
    with as_refused(FailureReason.PASSWORD):
        try:
            if client.has_capability("AUTH=PLAIN"):
                client.plain_login(access.username, secret)
            else:
                client.login(access.username, secret)
        except UnicodeError:
            raise LoginError("the server takes no letters beyond ASCII") from None


def _close(client: Client) -> None:
    """Log out if the server still answers."""
    with suppress(Exception), client.within(_LOGOUT_SECONDS):
        client.logout()
    _drop(client)


def _drop(client: Client) -> None:
    with suppress(Exception):
        client.shutdown()
