"""Whether an address belongs to who registered with it, and what has to wait until that is known.

Everything that an unconfirmed account may not do is decided here.
"""

from portal.errors import Unverified
from portal.models import AccountEventKind, Actor, TokenPurpose, User
from portal.queries import users
from portal.security import tokens
from portal.services import account_log
from portal.services.outbox import Mail, owe

# Enough to ask for help with the confirmation itself, too little to flood the desk.
FREE_TICKETS = 1


def require(actor: Actor) -> None:
    """Raise Unverified unless `actor` has confirmed the address.

    Before mail goes to others; and before anything opens the account that outlives a reset of the
    password: whoever registers with an address of somebody else would keep a way into it.
    """
    if not actor.is_verified:
        raise Unverified


def require_may_file(actor: Actor) -> None:
    """Raise Unverified when `actor` has filed what an unconfirmed account may file."""
    if not actor.is_verified and users.filed_by(actor.id, up_to=FREE_TICKETS) >= FREE_TICKETS:
        raise Unverified


def ask(user: User) -> bool:
    """Mail the link that confirms `user`'s address; False when it is confirmed."""
    if user.is_verified:
        return False
    token = tokens.issue(user, TokenPurpose.VERIFY)
    mail = Mail("verify_email", user.email, user_id=user.id, data={"token": token.id})
    owe(mail)
    return True


def confirm(text: str) -> User:
    """Believe the address of the link's account. Raises BadLink when the link does not work."""
    user, _data = tokens.use(TokenPurpose.VERIFY, text)
    mark(user)
    return user


def mark(user: User) -> None:
    """The owner of the address is at the keyboard, however that was shown."""
    if user.is_verified:
        return
    user.is_verified = True
    tokens.end_all(user, TokenPurpose.VERIFY)
    account_log.record(user=user, kind=AccountEventKind.VERIFIED)
