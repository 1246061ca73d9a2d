"""Whose tickets the language model may read: as decided for one, else as set for all."""

from collections.abc import Collection

from sqlalchemy import func, select

from portal.extensions import db, setting
from portal.models.assistance import ModelPermission
from portal.models.organizations import Organization
from portal.models.organizations.organization import parse_id
from portal.queries.paging import AnyRow

SHOWN, FOUND = 100, 20


def is_allowed(organization_id: int) -> bool:
    return organization_id in allowed({organization_id})


def allowed(organization_ids: Collection[int]) -> set[int]:
    """Those of them whose tickets it may read."""
    query = select(ModelPermission.organization_id, ModelPermission.allowed)
    decided = dict(
        db.session.execute(query.where(ModelPermission.organization_id.in_(organization_ids))).all()
    )
    otherwise = setting("AI_ORGANIZATIONS") == "all"
    return {number for number in organization_ids if decided.get(number, otherwise)}


def find(organization_id: int) -> ModelPermission | None:
    """What was decided, locked."""
    query = select(ModelPermission).where(ModelPermission.organization_id == organization_id)
    return db.session.scalar(query.with_for_update())


def found(q: str) -> list[AnyRow]:
    """Organizations by their number or the beginning of their name; rows as of `decided`.

    `allowed` is None where nothing was decided.
    """
    query = select(Organization.id, Organization.name, ModelPermission.allowed).outerjoin(
        ModelPermission, ModelPermission.organization_id == Organization.id
    )
    number = parse_id(q.upper())
    if number is not None:
        query = query.where(Organization.id == number)
    else:
        named = func.lower(Organization.name).startswith(q.lower(), autoescape=True)
        query = query.where(named, Organization.personal.is_(False))
    return list(db.session.execute(query.order_by(Organization.id.desc()).limit(FOUND)))


def decided() -> list[AnyRow]:
    """The newest decisions. Rows: id and name of the organization, and whether it is allowed."""
    query = (
        select(Organization.id, Organization.name, ModelPermission.allowed)
        .join(ModelPermission, ModelPermission.organization_id == Organization.id)
        .order_by(ModelPermission.changed_at.desc(), Organization.id)
        .limit(SHOWN)
    )
    return list(db.session.execute(query))
