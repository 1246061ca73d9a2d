"""Products on a ticket's page and in a new one: looked for, named, taken off, filtered by."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import OrganizationRole, User
from portal.models.products import Product
from portal.models.tickets import Ticket, TicketParticipant
from portal.services.tickets import products
from tests import factories
from tests.cast import Cast
from tests.factories import Filed
from tests.page import Page, Visitor
from tests.products import add_product

MUG, LAMP = "PRD000001", "PRD000003"


@pytest.fixture
def shelf(app: Flask, cast: Cast) -> None:
    """Two of Acme's, one of Carl's."""
    url = "https://www.ozon.ru/product/1/"
    add_product(app, cast.ann, "Blue mug", article="M-1", shop_url=url, stocks={"N": 2, "S": 1})
    add_product(app, cast.ann, "Red <b>mug")
    add_product(app, cast.carl, "Lamp")


@pytest.fixture
def ticket(app: Flask, cast: Cast, shelf: None) -> Filed:
    return factories.file_ticket(app, cast.bob)


def visit(app: Flask, person: object) -> Visitor:
    return Visitor(app).sign_in(person)


def cards(page: Page) -> list[str]:
    part = page.one("section", id="ticket-products")
    return [item.one("strong").text for item in part.all("li", id=True)]


def name(app: Flask, cast: Cast, ticket: Filed, *ids: int) -> None:
    with factories.writing(app):
        row = db.session.get_one(Ticket, ticket.id)
        products.add(actor=cast.bob, ticket=row, ids=ids or [1])


def test_a_customer_finds_names_and_takes_off_without_scripts(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    bob, url = visit(app, cast.bob), f"/tickets/{ticket.number}"
    find = bob.get(url).one("section", id="ticket-products").one("form", role="search")["action"]
    found = bob.get(f"{find}?q=MUG")
    assert len(found.all("input", name="products")) == 2 and "Lamp" not in found.words
    page = bob.follow(bob.post(find, {"products": [MUG, "PRD000002"], "q": "mug"}))
    assert cards(page) == ["Blue mug (in the shop)", "Red <b>mug"]
    assert "added products Blue mug, Red <b>mug" in page.words
    page = bob.follow(bob.post(f"{find}/{MUG}/remove"))
    assert cards(page) == ["Red <b>mug"] and "removed products Blue mug" in page.words


def test_htmx_gets_matches_and_then_the_changed_parts(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    sam, url = visit(app, cast.sam), f"/tickets/{ticket.number}/products"
    matches = sam.get(f"{url}?q=blue", htmx=True)
    assert "<html" not in matches.text and matches.one("input", value=MUG)
    changed = sam.post(url, {"products": MUG}, 200, htmx=True)
    assert "#ticket-products" in changed.text and "Blue mug" in changed.text


def test_staff_see_price_stocks_by_warehouse_and_the_way_to_the_shop(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    name(app, cast, ticket)
    page = visit(app, cast.sam).get(f"/tickets/{ticket.number}")
    card = page.one("section", id="ticket-products")
    assert card.one("a", href="https://www.ozon.ru/product/1/")
    for words in ("M-1", "499.00", "3 in stock", "N: 2", "S: 1"):
        assert words in card.text
    customer = visit(app, cast.ann).get(f"/tickets/{ticket.number}")
    assert "N: 2" not in customer.words and cards(customer) == ["Blue mug (in the shop)"]


def test_the_queue_is_narrowed_by_the_card_and_says_to_what(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    name(app, cast, ticket)
    factories.file_ticket(app, cast.bob, "Another")
    sam = visit(app, cast.sam)
    page = sam.get(f"/tickets/queue?product={MUG}&view=all")
    assert page.one("a", id="chip-product").text.strip().startswith("Product: Blue mug")
    assert ticket.number in page.text and "Another" not in page.words
    assert "Another" not in sam.get('/tickets/queue?q=product:"blue+mug"').words
    mine = visit(app, cast.bob).get(f"/tickets/?product={MUG}&state=all")
    assert "Product: Blue mug" in mine.words and "Another" not in mine.words
    foreign = visit(app, cast.bob).get(f"/tickets/?product={LAMP}&state=all")
    assert "Lamp" not in foreign.words and LAMP in foreign.words


def test_a_participant_of_another_organization_sees_no_product(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    with factories.writing(app):
        db.session.add(
            TicketParticipant(
                user_id=cast.carl.id, ticket_id=ticket.id, added_by_id=cast.bob.id, way="page"
            )
        )
    name(app, cast, ticket)
    carl = visit(app, cast.carl)
    page = carl.get(f"/tickets/{ticket.number}")
    assert "mug" not in page.words and cards(page) == []
    carl.get(f"/tickets/{ticket.number}/products?q=mug", 403)
    carl.post(f"/tickets/{ticket.number}/products", {"products": LAMP}, 403)


def test_nothing_is_offered_where_there_are_no_products(app: Flask, cast: Cast) -> None:
    filed = factories.file_ticket(app, cast.bob)
    page = visit(app, cast.bob).get(f"/tickets/{filed.number}")
    assert not page.one("section", id="ticket-products").all("h2")
    assert not visit(app, cast.bob).get("/tickets/new").all("input", name="find")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"products": "PRD1"}, 422),
        ({"products": "1"}, 422),
        ({"products": LAMP}, 422),
        ({"products": "PRD000099"}, 422),
        ({"products": [f"PRD{n:06d}" for n in range(1, 30)]}, 422),
        ({}, 422),
    ],
    ids=str,
)
def test_what_cannot_be_named_is_refused(
    app: Flask, cast: Cast, ticket: Filed, fields: dict[str, object], status: int
) -> None:
    visit(app, cast.bob).post(f"/tickets/{ticket.number}/products", fields, status)


def test_every_way_is_closed_to_strangers_and_viewers(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    url = f"/tickets/{ticket.number}/products"
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).organization_role = OrganizationRole.VIEWER
    for person, status in ((cast.carl, 404), (cast.ann, 403)):
        visitor = visit(app, person)
        visitor.get(f"{url}?q=mug", status)
        visitor.post(url, {"products": MUG}, status)
        visitor.post(url, {}, status)
        visitor.post(f"{url}/{MUG}/remove", {}, status)
    Visitor(app).get(url, 303)
    bob = visit(app, cast.bob)
    bob.post(f"{url}/nonsense/remove", {}, 404)
    bob.get(f"{url}/{MUG}/remove", 405)
    bob.get("/tickets/REQ000099/products", 404)


def test_a_new_ticket_is_about_what_was_marked(app: Flask, cast: Cast, shelf: None) -> None:
    bob = visit(app, cast.bob)
    page = bob.get(f"/tickets/new?find=red&product={MUG}&product={LAMP}&product=x")
    boxes = {
        box["value"]: "checked" in box.attributes for box in page.all("input", name="products")
    }
    assert boxes == {MUG: True, "PRD000002": False}
    fields = {"subject": "It broke", "message": "Today.", "priority": "medium"}
    refused = bob.post("/tickets/new", {**fields, "message": "", "products": MUG}, 422)
    assert "checked" in refused.one("input", name="products").attributes
    page = bob.follow(bob.post("/tickets/new", {**fields, "products": [MUG, "PRD000002"]}))
    assert len(cards(page)) == 2 and "added products" not in page.words


def test_looking_for_products_without_scripts_keeps_what_was_typed_and_files_nothing(
    app: Flask, cast: Cast, shelf: None
) -> None:
    bob = visit(app, cast.bob)
    button = bob.get("/tickets/new").one("button", name="look")
    assert button["form"] == bob.get("/tickets/new").one("form", enctype=True)["id"]
    typed = {"subject": "It <b>broke", "message": "Today.", "priority": "high", "products": MUG}
    page = bob.post("/tickets/new", {**typed, "find": "red", "look": "1"}, 200)
    assert page.one("input", name="subject")["value"] == "It <b>broke"
    assert page.one("textarea", name="message").text.strip() == "Today."
    assert "checked" in page.one("input", name="priority", value="high").attributes
    boxes = page.all("input", name="products")
    assert [(box["value"], "checked" in box.attributes) for box in boxes] == [
        (MUG, True),
        ("PRD000002", False),
    ]
    empty = bob.post("/tickets/new", {"find": "zzz", "look": "1"}, 200)
    assert "No product" in empty.words and "field-error" not in empty.text
    with app.app_context():
        assert db.session.query(Ticket).count() == 0


@pytest.mark.parametrize("word", [LAMP, "PRD000099", "nonsense"])
def test_a_new_ticket_about_what_one_does_not_have_is_refused_in_words(
    app: Flask, cast: Cast, shelf: None, word: str
) -> None:
    fields = {"subject": "It broke", "message": "Today.", "priority": "medium", "products": word}
    refused = visit(app, cast.bob).post("/tickets/new", fields, 422)
    assert "Please choose one of the list." in refused.one("fieldset", id="new-products").text
    assert refused.one("textarea", name="message").text.strip() == "Today."
    with app.app_context():
        assert db.session.query(Ticket).count() == 0


def test_htmx_gets_the_boxes_alone_and_staff_are_offered_none(
    app: Flask, cast: Cast, shelf: None
) -> None:
    boxes = visit(app, cast.bob).get(f"/tickets/new?find=mug&products={MUG}", htmx=True)
    assert "<html" not in boxes.text and len(boxes.all("input", name="products")) == 2
    assert not visit(app, cast.sam).get("/tickets/new?find=mug").all(id="new-products")
    assert "No product" in visit(app, cast.bob).get("/tickets/new?find=zzz").words


def test_what_is_no_more_leaves_its_name_in_the_history(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    name(app, cast, ticket)
    with factories.writing(app):
        db.session.delete(db.session.get_one(Product, 1))
    page = visit(app, cast.sam).get(f"/tickets/{ticket.number}")
    assert cards(page) == [] and "added products Blue mug" in page.words
