"""Products: who sees which, lists in the order of their names, and those that words name."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true, tuple_

from portal.errors import Invalid
from portal.extensions import db
from portal.models.organizations.organization import format_id as format_organization
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.people import Actor
from portal.models.products import Marketplace, Product, ProductStock
from portal.models.products.product import parse_id
from portal.queries.paging import AnySelect, Page, make_page
from portal.queries.time_limit import fetch_in_time

PAGE = 30
MAX_MATCHES = 8
MAX_QUERY = 200


class Availability(StrEnum):
    """Which products are listed; LISTED are all that their shop still has a card of."""

    LISTED = "listed"
    IN_STOCK = "in_stock"
    OUT_OF_STOCK = "out_of_stock"
    GONE = "gone"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """`q` is in name, article, brand or the marketplace's id; `brand` is all of it, in any case.

    `organization_id` is for staff, who see those of all.
    """

    q: str = ""
    marketplace: str = ""
    availability: Availability = Availability.LISTED
    brand: str = ""
    organization_id: int | None = None

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "ProductFilter":
        """Parse the arguments of an address. Raises Invalid by field."""
        words = {name: args.get(name, "").strip() for name in _ARGUMENTS}
        wrong = {name: "too_long" for name, word in words.items() if len(word) > MAX_QUERY}
        wrong |= {
            n: "unknown" for n, is_known in _KNOWN.items() if words[n] and not is_known(words[n])
        }
        if wrong:
            raise Invalid(**wrong)
        return cls(
            words["q"],
            words["marketplace"],
            Availability(words["availability"] or Availability.LISTED),
            words["brand"],
            parse_organization(words["organization"]),
        )

    @property
    def args(self) -> dict[str, str]:
        """The arguments of its address, without usual ones."""
        usual = self.availability is Availability.LISTED
        of = self.organization_id
        found = {
            "q": self.q,
            "marketplace": self.marketplace,
            "availability": "" if usual else self.availability.value,
            "brand": self.brand,
            "organization": format_organization(of) if of else "",
        }
        return {name: word for name, word in found.items() if word}


_ARGUMENTS = ("q", "marketplace", "availability", "brand", "organization")
_KNOWN: Mapping[str, Callable[[str], bool]] = {
    "marketplace": frozenset(Marketplace).__contains__,
    "availability": frozenset(Availability).__contains__,
    "organization": lambda word: parse_organization(word) is not None,
}


class ProductRow(NamedTuple):
    """The columns of a list; see the model."""

    id: int
    organization_id: int
    marketplace: str
    external_id: str
    article: str
    name: str
    brand: str
    category: str
    picture_url: str
    shop_url: str
    price: Decimal | None
    currency: str | None
    stock: int
    is_gone: bool
    changed_at: datetime


class Stock(NamedTuple):
    warehouse: str
    present: int
    reserved: int


_COLUMNS = tuple(
    Product.gone_at.is_not(None).label("is_gone") if name == "is_gone" else getattr(Product, name)
    for name in ProductRow._fields
)
# As the index has them: those of one organization are in the order of their names.
_ORDER = (Product.organization_id, Product.name, Product.id)
_AVAILABLE: dict[Availability, ColumnElement[bool]] = {
    Availability.LISTED: Product.gone_at.is_(None),
    Availability.IN_STOCK: Product.gone_at.is_(None) & (Product.stock > 0),
    Availability.OUT_OF_STOCK: Product.gone_at.is_(None) & (Product.stock <= 0),
    Availability.GONE: Product.gone_at.is_not(None),
    Availability.ALL: true(),
}


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on products that `actor` may see: staff all, customers their organization's."""
    return true() if actor.is_staff else Product.organization_id == actor.organization_id


def matching(actor: Actor, wanted: ProductFilter) -> list[ColumnElement[bool]]:
    """The conditions of those that `actor` may see and that match `wanted`."""
    conditions = [visible_to(actor), _AVAILABLE[wanted.availability]]
    if wanted.organization_id is not None:
        conditions.append(Product.organization_id == wanted.organization_id)
    if wanted.marketplace:
        conditions.append(Product.marketplace == wanted.marketplace)
    if wanted.brand:
        conditions.append(func.lower(Product.brand) == wanted.brand.lower())
    return [*conditions, *(_has_word(word) for word in wanted.q.lower().split())]


def page(actor: Actor, wanted: ProductFilter, *, cursor: int | None, size: int) -> Page[ProductRow]:
    """A page after the product `cursor`. Raises Invalid for one that `actor` does not see."""
    query = select(*_COLUMNS).where(*matching(actor, wanted)).order_by(*_ORDER).limit(size + 1)
    if cursor is not None:
        query = query.where(tuple_(*_ORDER) > _place(actor, cursor))
    return make_page(_rows(query), size, lambda row: str(row.id))


def are_more_than(actor: Actor, wanted: ProductFilter, number: int) -> bool:
    query = select(Product.id).where(*matching(actor, wanted)).limit(number + 1)
    return len(fetch_in_time(query, {})) > number


def has_any(organization_id: int) -> bool:
    """Whether the organization has a product, also one that is gone."""
    return bool(db.session.scalar(select(exists().where(of_organization(organization_id)))))


def of_organization(organization_id: int) -> ColumnElement[bool]:
    return Product.organization_id == organization_id


def some(actor: Actor, organization_id: int, q: str) -> list[ProductRow]:
    """The first products of an organization that match what somebody typed, to choose from."""
    wanted = ProductFilter(q=q[:MAX_QUERY], organization_id=organization_id)
    return _rows(
        select(*_COLUMNS).where(*matching(actor, wanted)).order_by(*_ORDER).limit(MAX_MATCHES)
    )


def by_ids(actor: Actor, ids: Collection[int]) -> list[ProductRow]:
    """Those of `ids` that `actor` sees, in the order of their names."""
    if not ids:
        return []
    query = select(*_COLUMNS).where(Product.id.in_(ids), visible_to(actor))
    return _rows(query.order_by(Product.name, Product.id))


def names(ids: Collection[int]) -> dict[int, str]:
    """Names by id, for staff."""
    if not ids:
        return {}
    query = select(Product.id, Product.name).where(Product.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)}


def stocks(ids: Collection[int]) -> dict[int, list[Stock]]:
    """What each of these products has in which warehouse, the fullest first."""
    found: dict[int, list[Stock]] = {product_id: [] for product_id in ids}
    if not found:
        return found
    query = select(ProductStock).where(ProductStock.product_id.in_(found))
    query = query.order_by(ProductStock.present.desc(), ProductStock.warehouse)
    for row in db.session.scalars(query):
        found[row.product_id].append(Stock(row.warehouse, row.present, row.reserved))
    return found


def named(text: str) -> AnySelect:
    """Selects the ids of what is called so: by number, article, the shop's id, or in its name."""
    if (product_id := parse_id(text.upper())) is not None:
        return select(Product.id).where(Product.id == product_id)
    words = text.lower().split()
    called = (Product.article, Product.external_id)
    exactly = [func.lower(column) == text.lower() for column in called]
    in_name = and_(true(), *(_contains(Product.name, word) for word in words))
    return select(Product.id).where(or_(*exactly, in_name) if words else false())


def _rows(query: AnySelect) -> list[ProductRow]:
    return [ProductRow._make(row) for row in fetch_in_time(query, {})]


def _has_word(word: str) -> ColumnElement[bool]:
    columns = (Product.name, Product.article, Product.brand, Product.external_id)
    return or_(*(_contains(column, word) for column in columns))


def _contains(column: Any, word: str) -> ColumnElement[bool]:
    return func.lower(column).contains(word, autoescape=True)


def _place(actor: Actor, product_id: int) -> Any:
    """Where in the order a product stands, whatever has become of its name since."""
    found = db.session.execute(
        select(*_ORDER).where(Product.id == product_id, visible_to(actor))
    ).first()
    if found is None:
        raise Invalid(cursor="unknown")
    return tuple_(*found)
