"""Who sees which products, and which of them a list, a search and a file have."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.clock import now
from portal.errors import Invalid
from portal.models.people import Actor
from portal.models.products import Marketplace
from portal.queries.products import products
from portal.queries.products.products import Availability, ProductFilter
from tests.cast import Cast, make_cast
from tests.databases import unchanged
from tests.products import add_product
from tests.statements import statements

LISTED = ProductFilter()


@pytest.fixture(scope="module")
def app(shared_app: Flask) -> Flask:
    return shared_app


@pytest.fixture(scope="module")
def shelf(app: Flask) -> Iterator[Cast]:
    """Four of Acme, of which one is gone, one of Carl's, and ten of one name of the desk's."""
    cast = make_cast(app)
    stocks = {"North": 3, "South": 9}
    add_product(app, cast.ann, "Кружка синяя", article="MUG-1", brand="Acme", stocks=stocks)
    add_product(app, cast.ann, "Blue mug 100%", external_id="42", marketplace=Marketplace.OZON)
    add_product(app, cast.ann, "Zebra", stocks={"North": 1}, brand="ACME")
    add_product(app, cast.ann, "Apron", gone_at=now())
    add_product(app, cast.carl, "Lamp")
    for number in range(10):
        add_product(app, cast.sam, "Same", external_id=str(number))
    with unchanged(app):
        yield cast


def names(app: Flask, actor: Actor, wanted: ProductFilter = LISTED) -> list[str]:
    with app.app_context():
        return [row.name for row in products.page(actor, wanted, cursor=None, size=30).rows]


def test_customers_see_what_their_organization_sells(app: Flask, shelf: Cast) -> None:
    assert names(app, shelf.bob) == ["Blue mug 100%", "Zebra", "Кружка синяя"]
    assert names(app, shelf.carl) == ["Lamp"]


def test_a_customer_who_names_another_organization_sees_nothing(app: Flask, shelf: Cast) -> None:
    assert names(app, shelf.carl, ProductFilter(organization_id=shelf.ann.organization_id)) == []


def test_staff_see_all_or_those_of_one_organization(app: Flask, shelf: Cast) -> None:
    assert len(names(app, shelf.sam)) == 14
    assert names(app, shelf.sam, ProductFilter(organization_id=shelf.carl.organization_id)) == [
        "Lamp"
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ProductFilter(q="КРУЖКА"), ["Кружка синяя"]),
        (ProductFilter(q="mug-1"), ["Кружка синяя"]),
        (ProductFilter(q="mug blue"), ["Blue mug 100%"]),
        (ProductFilter(q="42"), ["Blue mug 100%"]),
        (ProductFilter(q="100%"), ["Blue mug 100%"]),
        (ProductFilter(q="1%0"), []),
        (ProductFilter(q="lamp"), []),
        (ProductFilter(brand="acme"), ["Zebra", "Кружка синяя"]),
        (ProductFilter(marketplace=Marketplace.OZON), ["Blue mug 100%"]),
        (ProductFilter(availability=Availability.IN_STOCK), ["Zebra", "Кружка синяя"]),
        (ProductFilter(availability=Availability.OUT_OF_STOCK), ["Blue mug 100%"]),
        (ProductFilter(availability=Availability.GONE), ["Apron"]),
        (ProductFilter(q="a", availability=Availability.ALL), ["Apron", "Zebra", "Кружка синяя"]),
    ],
    ids=str,
)
def test_lists_have_what_is_asked_for(
    app: Flask, shelf: Cast, wanted: ProductFilter, found: list[str]
) -> None:
    assert sorted(names(app, shelf.ann, wanted)) == found


def test_ten_products_of_one_name_are_paged_once_each(app: Flask, shelf: Cast) -> None:
    wanted = ProductFilter(organization_id=shelf.sam.organization_id)
    seen: list[str] = []
    cursor = None
    with app.app_context():
        while True:
            page = products.page(shelf.sam, wanted, cursor=cursor, size=3)
            seen += [row.external_id for row in page.rows]
            if page.next is None:
                break
            cursor = int(page.next)
    assert seen == [str(number) for number in range(10)]


def test_a_cursor_is_a_product_that_one_sees(app: Flask, shelf: Cast) -> None:
    with app.app_context():
        lamp = products.some(shelf.sam, shelf.carl.organization_id, "lamp")[0].id
        for unseen in (lamp, 999):
            with pytest.raises(Invalid):
                products.page(shelf.ann, LISTED, cursor=unseen, size=3)


def test_stocks_come_the_fullest_first_by_one_statement(app: Flask, shelf: Cast) -> None:
    with app.app_context(), statements(app) as asked:
        ids = [row.id for row in products.page(shelf.ann, LISTED, cursor=None, size=9).rows]
        found = products.stocks(ids)
        assert len(asked) == 2
        assert [s.warehouse for s in found[ids[-1]]] == ["South", "North"]
        assert products.stocks([]) == {}


@pytest.mark.parametrize(
    "args",
    [
        {"marketplace": "amazon"},
        {"availability": "maybe"},
        {"organization": "ORG1"},
        {"q": "x" * 201},
        {"brand": "x" * 201},
    ],
    ids=str,
)
def test_arguments_that_no_list_has_are_refused_by_name(args: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        ProductFilter.from_args(args)
    assert set(refused.value.details) == set(args)


def test_an_address_says_what_is_not_usual() -> None:
    wanted = ProductFilter("mug", "ozon", Availability.GONE, "Acme", 7)
    assert ProductFilter.from_args(wanted.args) == wanted
    assert LISTED.args == {}
