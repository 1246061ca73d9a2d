"""Sign-ins between the password and the code of the second factor.

After the right password a row allows giving a code for five minutes. It opens nothing by itself.
"""

from datetime import timedelta

from portal import clock
from portal.errors import BadLink
from portal.extensions import db
from portal.models.people import TokenPurpose, User, UserToken
from portal.security.people import tokens

LIFETIME = timedelta(minutes=5)


def begin(*, user: User, remembered: bool, renewed_hash: str | None = None) -> UserToken:
    """Add a pending sign-in after the right password. Flushes, for the row's id.

    `renewed_hash` is stored, as the password is not known later.
    """
    user.password_hash = renewed_hash or user.password_hash
    token = UserToken(
        user_id=user.id,
        purpose=TokenPurpose.SECOND_FACTOR,
        data={"remembered": remembered, "epoch": user.epoch},
        expires_at=clock.now() + LIFETIME,
    )
    db.session.add(token)
    db.session.flush()
    return token


def find(text: str) -> tuple[UserToken, User] | None:
    """The pending sign-in and its user; None when it has expired or was used.

    A changed epoch (new password or role, disabled account) ends it.
    """
    try:
        token = tokens.find(TokenPurpose.SECOND_FACTOR, text)
    except BadLink:
        return None
    user = db.session.get_one(User, token.user_id)
    return (token, user) if user.epoch == token.data["epoch"] else None


def end(token: UserToken) -> bool:
    """Mark the pending sign-in as used; False when another request was first."""
    try:
        tokens.redeem(token)
    except BadLink:
        return False
    return True
