"""Links sent by mail: the signature of a row's id, under the name of its purpose.

A link works while its row is unused and unexpired, and the row knows what it is for; a signature
made for one purpose says nothing for another (security of the salt, itsdangerous).
"""

from datetime import timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select, update

from portal import clock
from portal.errors import BadLink
from portal.extensions import db, setting
from portal.models import TokenPurpose, User, UserToken

LIFETIME = timedelta(hours=1)
# For whoever looks into why a link did not work.
_KEPT = timedelta(days=7)


def issue(user: User, purpose: TokenPurpose, **data: object) -> UserToken:
    """A row for a new link; the former ones of its purpose end. Flushes: the link is its id."""
    end_all(user, purpose)
    token = UserToken(
        user_id=user.id, purpose=purpose, data=data, expires_at=clock.now() + LIFETIME
    )
    db.session.add(token)
    db.session.flush()
    return token


def end_all(user: User, *purposes: TokenPurpose) -> None:
    """Let no link of `user` for these purposes (default: any) work any more."""
    query = update(UserToken).where(UserToken.user_id == user.id, UserToken.used_at.is_(None))
    if purposes:
        query = query.where(UserToken.purpose.in_(purposes))
    db.session.execute(query.values(used_at=clock.now()))


def pending(user: User, purpose: TokenPurpose) -> UserToken | None:
    """The row of the link of `user` for `purpose` that still works, if there is one."""
    query = select(UserToken).where(
        UserToken.user_id == user.id,
        UserToken.purpose == purpose,
        UserToken.used_at.is_(None),
        UserToken.expires_at > clock.now(),
    )
    return db.session.scalars(query.order_by(UserToken.id.desc())).first()


def sign(purpose: str, row_id: int) -> str:
    """The text that stands in the link."""
    return str(_serializer(purpose).dumps(row_id))


def read(purpose: str, text: str) -> int:
    """The row's id in a link's text. Raises BadLink for what we did not sign for `purpose`."""
    try:
        row_id = _serializer(purpose).loads(text)
    except BadSignature:
        raise BadLink from None
    # One text for one row: what merely decodes to the same is not our link.
    if not isinstance(row_id, int) or sign(purpose, row_id) != text:
        raise BadLink
    return row_id


def find(purpose: TokenPurpose, text: str) -> UserToken:
    """The row of a link that still works. Raises BadLink for all others alike."""
    token = db.session.get(UserToken, read(purpose, text))
    if token is None or token.purpose != purpose or not token.works:
        raise BadLink
    if not db.session.get_one(User, token.user_id).is_active:
        raise BadLink
    return token


def use(purpose: TokenPurpose, text: str) -> tuple[User, dict[str, Any]]:
    """Use a link up: whose it is, and what it is about. Raises BadLink as `find` does."""
    token = find(purpose, text)
    redeem(token)
    return db.session.get_one(User, token.user_id), token.data


def redeem(token: UserToken) -> None:
    """Use the link up. Raises BadLink when somebody else was quicker."""
    used = db.session.execute(
        update(UserToken)
        .where(UserToken.id == token.id, UserToken.used_at.is_(None))
        .values(used_at=clock.now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise BadLink


def delete_old(limit: int) -> None:
    """Remove up to `limit` rows whose links ran out long ago, whether they were used or not."""
    old = select(UserToken.id).where(UserToken.expires_at <= clock.now() - _KEPT).limit(limit)
    db.session.execute(
        delete(UserToken).where(UserToken.id.in_(old)).execution_options(synchronize_session=False)
    )


def _serializer(purpose: str) -> URLSafeSerializer:
    # The last key signs, all of them are believed.
    keys = [*reversed(setting("SECRET_KEY_FALLBACKS")), setting("SECRET_KEY")]
    return URLSafeSerializer(keys, salt=f"lodge link {purpose}")
