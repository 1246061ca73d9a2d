"""`/account/organization/products`: the list, its filters, and the same as a file."""

import csv
import io
from collections.abc import Iterator
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy.pool import QueuePool

from portal.clock import now
from portal.extensions import db
from portal.models.people import OrganizationRole
from portal.models.products import Marketplace
from portal.services.operations.table_files import plain_text
from tests import factories
from tests.cast import make_cast
from tests.databases import unchanged
from tests.page import HTMX, Visitor
from tests.products import add_product
from tests.statements import statements

PAGE = "/account/organization/products"
HOSTILE = '=cmd|"calc"!A1'
EVIL = "javascript:alert(1)"


@pytest.fixture(scope="module")
def app(shared_app: Flask) -> Flask:
    return shared_app


Visitors = dict[str, Visitor]


@pytest.fixture(scope="module")
def visitors(app: Flask) -> Iterator[Visitors]:
    """Signed in: Ann of Acme and a viewer there, Carl, Sam with forty products, Eve with none."""
    cast = make_cast(app)
    url = "https://www.wildberries.ru/catalog/1/detail.aspx"
    add_product(app, cast.ann, "Blue mug", brand="Acme", shop_url=url, stocks={"North": 3})
    add_product(app, cast.ann, HOSTILE, marketplace=Marketplace.OZON, shop_url=EVIL, brand="B&B")
    add_product(app, cast.ann, "Apron", gone_at=now())
    add_product(app, cast.carl, "Lamp")
    for number in range(40):
        add_product(app, cast.sam, f"Thing {number:02}")
    with factories.writing(app):
        viewer = factories.user(
            "vera@example.com",
            organization_id=cast.ann.organization_id,
            organization_role=OrganizationRole.VIEWER,
        )
        people = {
            "ann": cast.ann,
            "carl": cast.carl,
            "sam": cast.sam,
            "vera": factories.actor(viewer),
            "eve": factories.actor(factories.user("eve@x.org")),
        }
    found = {name: Visitor(app).sign_in(person) for name, person in people.items()}
    with unchanged(app):
        yield found


@pytest.fixture
def ann(visitors: Visitors) -> Visitor:
    return visitors["ann"]


def test_members_see_names_prices_stock_and_the_shop(ann: Visitor) -> None:
    page = ann.get(PAGE)
    assert page.one("a", href="https://www.wildberries.ru/catalog/1/detail.aspx")
    assert "RUB" in page.words and "499.00" in page.words and "3 in stock" in page.words
    assert "Apron" not in page.words and "Lamp" not in page.words
    assert ann.get(f"{PAGE}?availability=gone").words.count("Gone from the shop") == 2


def test_what_a_shop_calls_its_address_is_no_script(ann: Visitor) -> None:
    assert EVIL not in ann.get(PAGE).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=BLUE", "Blue mug"),
        ("marketplace=ozon", HOSTILE),
        ("brand=b%26b", HOSTILE),
        ("availability=gone", "Apron"),
    ],
)
def test_the_list_is_narrowed_for_htmx_and_without_scripts(
    ann: Visitor, query: str, found: str
) -> None:
    for headers in ({}, HTMX):
        page = ann.get(f"{PAGE}?{query}", headers=headers)
        assert [row.one("strong").text.split(" (")[0] for row in page.all("li", id=True)
                if row["id"].startswith("product-")] == [found]  # fmt: skip


@pytest.mark.parametrize(
    "query", ["marketplace=amazon", "availability=x", "cursor=99999", "cursor=x"]
)
def test_what_no_list_has_is_refused(ann: Visitor, query: str) -> None:
    ann.get(f"{PAGE}?{query}", 422)


def test_a_list_has_pages_and_a_search_without_results_a_way_back(visitors: Visitors) -> None:
    sam = visitors["sam"]
    first = sam.get(PAGE)
    rest = sam.get(first.one("a", rel="next")["href"])
    assert "Thing 00" in first.words and "Thing 39" in rest.words
    nothing = sam.get(f"{PAGE}?q=nothing")
    assert nothing.one("div", class_="empty").one("a")["href"] == f"{PAGE}?availability=all"


def test_thirty_products_cost_as_many_questions_as_one(app: Flask, visitors: Visitors) -> None:
    numbers = []
    for name in ("carl", "ann"):
        visitors[name].get(PAGE)
        with statements(app) as asked:
            visitors[name].get(PAGE)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


def test_a_viewer_reads_the_list_and_is_not_asked_to_write(visitors: Visitors) -> None:
    page = visitors["vera"].get(PAGE)
    assert "Blue mug" in page.words
    assert not [a for a in page.all("a", href=True) if a["href"].startswith("/tickets/new?product")]


def test_an_organization_without_products_learns_where_they_come_from(visitors: Visitors) -> None:
    page = visitors["eve"].get(PAGE)
    assert "No products yet" in page.words and not page.all("input", type="search", id="product-q")


def test_a_file_has_what_the_list_shows_and_no_formula(ann: Visitor) -> None:
    page = ann.get(f"{PAGE}.csv?availability=listed")
    rows = list(csv.DictReader(io.StringIO(page.text.removeprefix("\ufeff"))))
    assert page.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert [plain_text(row["name"]) for row in rows] == ["Blue mug", HOSTILE]
    assert rows[1]["name"].startswith("'=") and rows[0]["price"] == "499.00"
    assert len(list(csv.reader(io.StringIO(ann.get(f"{PAGE}.csv?availability=all").text)))) == 4


def test_a_workbook_has_numbers_as_numbers(ann: Visitor) -> None:
    page = ann.get(f"{PAGE}.xlsx?q=blue")
    sheet = ZipFile(io.BytesIO(page.body)).read("xl/worksheets/sheet1.xml").decode()
    assert "<v>499.00</v>" in sheet and "<v>3</v>" in sheet


def test_a_workbook_of_too_many_is_refused_in_words(
    ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.account.organization.products.MAX_SHEET_ROWS", 1)
    refused = ann.get(f"{PAGE}.xlsx", 303)
    assert "narrow the list" in ann.get(refused.location).words


def test_who_takes_a_file_slowly_keeps_no_connection(app: Flask, ann: Visitor) -> None:
    with app.app_context():
        pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    before = pool.checkedout()
    response = ann.http.get(f"{PAGE}.csv", buffered=False)
    parts = response.iter_encoded()
    for words in ("price", "Blue mug"):
        assert words in next(parts).decode()
        assert pool.checkedout() == before
    response.close()


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.csv", f"{PAGE}.xlsx"])
def test_nobody_reads_it_signed_out_and_nobody_writes_there(
    app: Flask, ann: Visitor, path: str
) -> None:
    Visitor(app).get(path, 303)
    ann.post(path, status=405)


def test_a_stranger_gets_a_file_of_their_own(visitors: Visitors) -> None:
    text = visitors["carl"].get(f"{PAGE}.csv?organization=ORG000001").text
    assert "Lamp" in text and "Blue mug" not in text
