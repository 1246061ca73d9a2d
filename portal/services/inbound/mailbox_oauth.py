"""Access to a mailbox by OAuth 2: asking for the consent, keeping and renewing its tokens.

`redeem` calls the provider: it changes nothing, and may not be called under the write lock.
"""

from portal.errors import Invalid
from portal.models.inbound import Mailbox
from portal.models.people import Actor
from portal.security import consents, encryption, permissions
from portal.security.delivery import oauth
from portal.security.delivery.oauth import Client, Tokens, TokensRefused
from portal.security.people.step_up import sensitive
from portal.services.inbound import mailbox_settings


def client_of(mailbox: Mailbox) -> Client:
    """What the mailbox's provider knows us as. Raises Invalid when the row does not say."""
    if mailbox.authentication not in oauth.PROVIDERS:
        raise Invalid(authentication="no_provider")
    if not mailbox.oauth_client_id or mailbox.oauth_client_secret is None:
        raise Invalid(oauth_client_id="required")
    return Client(
        mailbox.authentication,
        mailbox.oauth_client_id,
        encryption.decrypt(mailbox.oauth_client_secret),
        mailbox.oauth_tenant,
    )


@sensitive
def authorization_url(
    *, actor: Actor, mailbox: Mailbox, redirect_uri: str, session_key: str
) -> str:
    """Where the owner of the mailbox consents, in the browser with that session. Raises Invalid."""
    permissions.require(permissions.can_administer(actor))
    consent = consents.ask(mailbox.id, session_key)
    return oauth.authorization_url(
        client_of(mailbox),
        redirect_uri=redirect_uri,
        state=consent.state,
        verifier=consent.verifier,
        login_hint=mailbox.username or mailbox.address,
    )


def redeem(mailbox: Mailbox, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Ask the provider for the tokens of a consent.

    Raises Invalid, TokensRefused, OutboundError.
    """
    return oauth.redeem(client_of(mailbox), code=code, verifier=verifier, redirect_uri=redirect_uri)


def connect(*, actor: Actor, mailbox: Mailbox, tokens: Tokens) -> None:
    """Keep the tokens of a consent: the mailbox is fetched with them from now on."""
    permissions.require(permissions.can_administer(actor))
    keep(mailbox, tokens)
    mailbox.failing_since = mailbox.failure_reason = mailbox.failure = None
    mailbox_settings.record(actor, mailbox, "connected")


def for_refresh(mailbox: Mailbox) -> tuple[Client, str]:
    """What `oauth.refresh` wants. Raises TokensRefused, NotConfigured."""
    if mailbox.refresh_token is None:
        raise TokensRefused("nobody has connected it yet")
    try:
        client = client_of(mailbox)
    except Invalid:
        raise TokensRefused("client id or secret is missing") from None
    return client, encryption.decrypt(mailbox.refresh_token)


def keep(mailbox: Mailbox, tokens: Tokens) -> None:
    """Store them, encrypted; without a new refresh token the former one stays."""
    mailbox.access_token = encryption.encrypt(tokens.access)
    mailbox.access_token_expires_at = tokens.expires_at
    if tokens.refresh is not None:
        mailbox.refresh_token = encryption.encrypt(tokens.refresh)
