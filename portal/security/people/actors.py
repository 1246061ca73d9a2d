"""Columns of an Actor, so that each way of signing in reads one row with one query."""

from sqlalchemy import exists, or_, select

from portal.models.operations import Desk
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
    User.shortcuts,
    User.mails_as,
    User.rights,
    User.second_factor_required,
)
# Read along, so that no request looks for it by a query of its own; see `portal.settings.chosen`.
SETTINGS_VERSION = select(Desk.settings_version).scalar_subquery()
