"""Organization: a customer's company, or the personal organization of somebody without one."""

import re
from functools import lru_cache
from typing import Self

from sqlalchemy import String, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, erased_by_rule
from portal.models.base import BigId, Created, Model
from portal.models.organizations.plan import PlanName

MAX_NAME = 200
# Of its number: ORG and up to 18 digits.
MAX_NUMBER = 21


class Organization(Created, Model):
    """Each customer-side row refers to one; each customer-side query filters by it."""

    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(
        String(MAX_NAME), info=erased_by_rule("a personal one is called by its number") | EXPORTED
    )
    personal: Mapped[bool] = mapped_column(default=False, info=EXPORTED)
    # Whether its members can sign in, and their keys work.
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true(), info=INTERNAL)
    # The name of a Plan.
    plan: Mapped[str] = mapped_column(
        String(16),
        default=PlanName.ENTERPRISE,
        server_default=PlanName.ENTERPRISE,
        info=EXPORTED,
    )
    # A MarketplaceType: where it sells.
    marketplace_type: Mapped[str | None] = mapped_column(String(16), info=EXPORTED)
    # Set for one that was made by an import: the same company of the same old desk has the same.
    import_key: Mapped[str | None] = mapped_column(
        String(64), index=True, unique=True, info=INTERNAL
    )

    @classmethod
    def of_person(cls, name: str) -> Self:
        """The personal organization of `name`, cut: a full name or an address may be longer."""
        return cls(name=name[:MAX_NAME], personal=True)

    @property
    def number(self) -> str:
        """The public id: ORG000001."""
        return format_id(self.id)


def format_id(organization_id: int) -> str:
    """Organization 1 is ORG000001."""
    return f"ORG{organization_id:06d}"


@lru_cache(maxsize=1024)
def organization_json(organization_id: int, name: str) -> dict[str, str]:
    """For API and webhooks. Cached: lists repeat the same few, so the object is shared."""
    return {"id": format_id(organization_id), "name": name}


_NUMBER = re.compile(r"ORG([0-9]{6,18})", re.ASCII)


def parse_id(text: str) -> int | None:
    """The id in ORG000001; None for any other text."""
    match = _NUMBER.fullmatch(text)
    return int(match[1]) if match and format_id(int(match[1])) == text else None
