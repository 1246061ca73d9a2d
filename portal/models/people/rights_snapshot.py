"""RightsSnapshot: for whom a stored result was made, and with which rights.

Rows that keep a result computed for one person (an export, a stored response, an undo) record the
person's rights at that time. The result is not given out after those rights have changed, not even
when they have changed back: what happened between is not in it.
"""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import INTERNAL
from portal.models.people.actor import Actor


class RightsSnapshot:
    """The person's organization and `rights_epoch`; NULL until the result exists."""

    organization_id: Mapped[int | None] = mapped_column(BigInteger, info=INTERNAL)
    rights_epoch: Mapped[int | None] = mapped_column(info=INTERNAL)

    def matches_rights_of(self, actor: Actor) -> bool:
        """Whether the rights of `actor`, the owner, are unchanged since."""
        then = (self.organization_id, self.rights_epoch)
        return then == (actor.organization_id, actor.rights_epoch)
