"""The columns that make an Actor, for every way of signing in: one row, one query."""

from sqlalchemy import exists, or_

from portal.models.people import Passkey, User

# The Actor's fields from the first on, in their order.
ACTOR_COLUMNS = (
    User.id,
    User.email,
    User.first_name,
    User.last_name,
    User.role,
    User.organization_id,
    User.organization_role,
    User.locale,
    User.timezone,
    or_(User.totp_counter.is_not(None), exists().where(Passkey.user_id == User.id)),
    User.rights_epoch,
)
