"""Moving what is encrypted to the first key of ENCRYPTION_MASTER_KEY, a batch at a time."""

from typing import Any, NamedTuple

from sqlalchemy import func, select, update

from portal.errors import NotConfigured
from portal.extensions import db
from portal.models.organizations import Credential
from portal.models.people import User
from portal.models.webhooks import Webhook
from portal.security import encryption


class Place(NamedTuple):
    """A column that holds encrypted text, and what people call it."""

    name: str
    id: Any
    column: Any


PLACES = (
    Place("credential", Credential.id, Credential.secret),
    Place("second factor of user", User.id, User.totp_secret),
    Place("secret of webhook", Webhook.id, Webhook.secret),
    Place("former secret of webhook", Webhook.id, Webhook.former_secret),
)


def count(place: Place) -> int:
    """How many texts there are to move."""
    query = select(func.count()).select_from(place.column.class_)
    return db.session.scalar(query.where(place.column.is_not(None))) or 0


def rotate(place: Place, *, after: int, limit: int) -> tuple[list[int], list[int]]:
    """Re-encrypt up to `limit` texts whose row's id is above `after`.

    Answers the ids that were looked at and, of these, the ids whose text no key opens: those stay
    as they are. Moving a text that is under the first key already does no harm.
    """
    # The column alone: what else stands in a row may be broken, and is not asked for.
    query = select(place.id, place.column).where(place.id > after, place.column.is_not(None))
    rows = db.session.execute(query.order_by(place.id).limit(limit).with_for_update()).all()
    lost = []
    for row_id, text in rows:
        try:
            moved = {place.column.key: encryption.rotate(text)}
        except NotConfigured:
            lost.append(row_id)
        else:
            _write(place, row_id, moved)
    return [row_id for row_id, _text in rows], lost


def _write(place: Place, row_id: int, values: dict[str, str]) -> None:
    db.session.execute(
        update(place.column.class_)
        .where(place.id == row_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
