"""A customer says which product a new ticket is about; staff see it, and list others about it."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import OpenWindow
from tests.cast import Cast
from tests.products import add_product

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "none"])
def test_a_ticket_about_a_product_is_filed_seen_and_found(
    app: Flask, window: OpenWindow, cast: Cast, javascript: bool
) -> None:
    stocks = {"Koledino": 12, "Kazan": 3}
    add_product(app, cast.ann, "Blue mug", article="MUG-1", brand="Acme", stocks=stocks)
    add_product(app, cast.ann, "Red mug")
    factories.file_ticket(app, cast.ann, "About nothing")

    bob = window(javascript=javascript, width=360, height=740).sign_in(cast.bob)
    bob.go("/tickets/new").page.get_by_label("Subject").fill("It broke")
    bob.page.get_by_label("Message", exact=True).fill("On the first day.")
    bob.page.get_by_label("Is it about a product?").fill("mug-1")
    bob.page.keyboard.press("Enter")
    bob.page.get_by_label("Blue mug").check()
    bob.button("Send").click()
    bob.see("Blue mug", "It broke")

    sam = window(javascript=javascript).sign_in(cast.sam).go("/tickets/REQ000002")
    sam.see("MUG-1", "15 in stock", "Koledino: 12")
    sam.page.locator("#ticket-products .product-deeds a").click()
    sam.see("Product: Blue mug", "It broke")
    sam.never_see("About nothing")
    expect(sam.page.locator("#chip-product")).to_be_visible()
