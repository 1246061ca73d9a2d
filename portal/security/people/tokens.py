"""Links sent by mail: a signature over a row's id and creation time, salted by purpose.

A link is valid while its row is unused and unexpired. A signature for one purpose is invalid for
another (itsdangerous: security of the salt). The creation time is signed because ids are reused
after rows were deleted or a backup was restored.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk
from portal.errors import BadLink
from portal.extensions import db, setting
from portal.models.organizations import Invitation, OrganizationDomain
from portal.models.people import PendingRegistration, TokenPurpose, User, UserToken

Row = TypeVar("Row", UserToken, Invitation, PendingRegistration, OrganizationDomain)
AnyRow = UserToken | Invitation | PendingRegistration | OrganizationDomain

LIFETIME = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Expired rows are kept so long, to investigate why a link did not work.
_KEPT = timedelta(days=7)


def issue(user: User, purpose: TokenPurpose, **data: object) -> UserToken:
    """Add a row for a new link; former ones for the purpose end.

    Flushes, as links contain the id.
    """
    end_all(user, purpose)
    return add(user, purpose, LIFETIME, **data)


def add(user: User, purpose: TokenPurpose, lifetime: timedelta, **data: object) -> UserToken:
    """The same, without ending former ones."""
    token = UserToken(
        user_id=user.id, purpose=purpose, data=data, expires_at=clock.now() + lifetime
    )
    db.session.add(token)
    db.session.flush()
    return token


def end_all(user: User, purpose: TokenPurpose) -> int:
    """End all links of `user` for `purpose`; return how many were unused."""
    query = update(UserToken).where(
        UserToken.user_id == user.id,
        UserToken.purpose == purpose,
        UserToken.used_at.is_(None),
    )
    return execute_bulk(query.values(used_at=clock.now()), follow=True)


def pending(user: User, purpose: TokenPurpose) -> UserToken | None:
    """The usable link of `user` for `purpose`, or None."""
    query = select(UserToken).where(
        UserToken.user_id == user.id,
        UserToken.purpose == purpose,
        UserToken.used_at.is_(None),
        UserToken.expires_at > clock.now(),
    )
    return db.session.scalars(query.order_by(UserToken.id.desc())).first()


def sign(purpose: TokenPurpose, row: AnyRow) -> str:
    """The signed text for a link to `row`, which has been flushed."""
    return _texts(purpose, row)[0]


def find_row(purpose: TokenPurpose, text: str, model: type[Row]) -> Row:
    """The row of a link's text. Raises BadLink for a text that we did not sign for `purpose`."""
    try:
        row_id, _moment = URLSafeSerializer(_keys()[::-1], salt=_salt(purpose)).loads(text)
    except (BadSignature, TypeError, ValueError):
        raise BadLink from None
    row = db.session.get(model, row_id)
    # Only our canonical text is valid, not others that decode to the same id.
    if row is None or text not in _texts(purpose, row):
        raise BadLink
    return row


def find(purpose: TokenPurpose, text: str) -> UserToken:
    """The row of a usable link. Raises BadLink."""
    token = find_row(purpose, text, UserToken)
    if token.purpose != purpose or not token.is_usable:
        raise BadLink
    if not db.session.get_one(User, token.user_id).is_active:
        raise BadLink
    return token


def use(purpose: TokenPurpose, text: str) -> tuple[User, dict[str, Any]]:
    """Use a link; return its user and data. Raises BadLink."""
    token = find(purpose, text)
    redeem(token)
    return db.session.get_one(User, token.user_id), token.data


def redeem(token: UserToken) -> None:
    """Mark the link as used. Raises BadLink when another request was first."""
    unused = (UserToken.id == token.id) & UserToken.used_at.is_(None)
    if not changed_one(update(UserToken).where(unused).values(used_at=clock.now()), follow=True):
        raise BadLink


def delete_old(limit: int) -> None:
    """Delete up to `limit` rows that expired long ago."""
    old = select(UserToken.id).where(UserToken.expires_at <= clock.now() - _KEPT).limit(limit)
    execute_bulk(delete(UserToken).where(UserToken.id.in_(old)))


def _texts(purpose: TokenPurpose, row: AnyRow) -> list[str]:
    """Valid texts for a link to `row`: signed by the current key, then by former ones."""
    name = [row.id, (row.created_at - _EPOCH) // timedelta(microseconds=1)]
    return [str(URLSafeSerializer(key, salt=_salt(purpose)).dumps(name)) for key in _keys()]


def _keys() -> list[str]:
    return [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]


def _salt(purpose: TokenPurpose) -> str:
    return f"lodge link {purpose}"
