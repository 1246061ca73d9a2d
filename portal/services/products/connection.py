"""An organization's connection to a marketplace, by the keys that it has stored.

What talks to the marketplace changes nothing, and may not be called under the write lock.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.errors import Invalid, NotConfigured
from portal.integrations.shop import ASKED_LABELS, Asked, Problem, Shop, ShopBusy, ShopError
from portal.integrations.shops import SHOPS
from portal.models.organizations import Marketplace, MarketplaceType
from portal.models.people import Actor
from portal.queries.organizations import organizations
from portal.queries.products import schedules
from portal.security import encryption, permissions


@dataclass(frozen=True, slots=True)
class Check:
    """What a trial of the keys has shown; `problem` is None when they are good."""

    problem: Problem | None = None
    detail: str = ""
    asked: Asked | None = None
    expires_at: datetime | None = None
    # The marketplace wants to be asked later, so nothing is known.
    busy: bool = False


def marketplaces_of(marketplace_type: str | None) -> tuple[Marketplace, ...]:
    """The marketplaces of a stored MarketplaceType; none for no value, and for an unknown one."""
    if marketplace_type not in set(MarketplaceType):
        return ()
    return MarketplaceType(marketplace_type).marketplaces


def choose(*, actor: Actor, marketplace_type: MarketplaceType | None) -> None:
    """Say where the organization sells; None: nowhere. Products that were fetched stay."""
    organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_sync_products(actor))
    organization.marketplace_type = marketplace_type


def key_names(marketplace: Marketplace) -> tuple[str, ...]:
    """Names under which its credentials are stored."""
    return SHOPS[marketplace].CREDENTIALS


def asked_label(asked: str | None) -> object:
    """What a request was about, in words; empty for anything else."""
    return ASKED_LABELS.get(asked or "", "")


def missing_keys(organization_id: int, marketplace: Marketplace) -> tuple[str, ...]:
    """Names of the credentials that are not stored."""
    names = key_names(marketplace)
    stored = schedules.secrets(organization_id, names)
    return tuple(name for name in names if name not in stored)


def open_shop(organization_id: int, marketplace: Marketplace) -> Shop:
    """The client with the organization's keys. Raises ShopError."""
    kind = SHOPS[marketplace]
    stored = schedules.secrets(organization_id, kind.CREDENTIALS)
    if len(stored) < len(kind.CREDENTIALS):
        raise ShopError(Problem.MISSING)
    try:
        secrets = {name: encryption.decrypt(secret) for name, secret in stored.items()}
    except NotConfigured:
        raise ShopError(Problem.UNREADABLE) from None
    return kind.open_shop(secrets)


def open_for_check(*, actor: Actor, marketplace: Marketplace) -> Shop | Check:
    """The client for who may try the keys, or why there is none. Raises Forbidden, Invalid."""
    permissions.require(permissions.can_sync_products(actor))
    if marketplace not in marketplaces_of(organizations.own(actor).marketplace_type):
        raise Invalid(marketplace="not_chosen")
    try:
        return open_shop(actor.organization_id, marketplace)
    except ShopError as error:
        return _failed(error)


def check(shop: Shop) -> Check:
    """Ask the marketplace for one of each."""
    try:
        return Check(expires_at=shop.check())
    except ShopBusy:
        return Check(busy=True)
    except ShopError as error:
        return _failed(error)


def _failed(error: ShopError) -> Check:
    return Check(error.problem, error.detail, error.asked)
