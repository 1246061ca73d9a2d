"""Made: what was put together for one person out of what they might see and do at that time.

A row that keeps such a thing (a copy of data, an answer to repeat, a way back) says for whom it
was made, as they were then. It is given to nobody whose rights have changed since, not even when
they have changed back: what happened between is not in it.
"""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import INTERNAL
from portal.models.people.actor import Actor


class RightsSnapshot:
    """Organization and `rights_epoch` of the person; NULL while nothing has been made."""

    organization_id: Mapped[int | None] = mapped_column(BigInteger, info=INTERNAL)
    rights_epoch: Mapped[int | None] = mapped_column(info=INTERNAL)

    def matches_rights_of(self, actor: Actor) -> bool:
        """Whether `actor`, whose thing it is, has had the same rights ever since."""
        then = (self.organization_id, self.rights_epoch)
        return then == (actor.organization_id, actor.rights_epoch)
