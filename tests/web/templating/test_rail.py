"""The rails of the account and of administration: their lines, and the page that is open."""

from itertools import pairwise

from flask import Flask

from portal.models.people.user import format_id
from tests.cast import Cast
from tests.page import Page, Visitor


def lines(page: Page) -> dict[str, str | None]:
    """The lines of the rail and what `aria-current` says of each."""
    return {link.text: link.get("aria-current") for link in page.one("nav", id="rail").all("a")}


def marked(page: Page) -> dict[str, str | None]:
    return {label: current for label, current in lines(page).items() if current}


def test_the_page_that_is_open_is_marked(client: Visitor, cast: Cast):
    client.sign_in(cast.ann)
    assert marked(client.get("/account/")) == {"Profile": "page"}
    assert marked(client.get("/account/keys")) == {"API keys": "page"}


def test_what_lies_below_a_page_is_marked_as_its_part(client: Visitor, cast: Cast):
    page = client.sign_in(cast.ada).get(f"/admin/users/{format_id(cast.bob.id)}/second-factor")
    assert marked(page) == {"People": "true"}
    assert page.one("button", popovertarget="rail").text == "Administration · People"


def test_a_page_without_a_line_of_its_own_belongs_to_the_first(client: Visitor, cast: Cast):
    assert marked(client.sign_in(cast.ann).get("/account/email")) == {"Profile": "true"}


def test_a_refused_form_stays_on_its_line(client: Visitor, cast: Cast):
    client.sign_in(cast.ann)
    page = client.post("/account/password", {"old_password": "", "password": "short"}, 422)
    assert page.status == 422
    assert marked(page) == {"Security": "true"}


def test_a_line_is_hidden_from_whom_it_would_refuse(client: Visitor, cast: Cast):
    assert "Webhooks" in lines(client.sign_in(cast.ann).get("/account/"))
    of_member = lines(client.sign_in(cast.bob).get("/account/"))
    assert "Webhooks" not in of_member
    assert "Shortcuts" not in of_member
    assert "Shortcuts" in lines(client.sign_in(cast.sam).get("/account/"))


def test_each_line_leads_to_a_page_with_the_same_rail(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.ada)
    for start in ("/admin/", "/account/"):
        rail = client.get(start).one("nav", id="rail")
        for link in rail.all("a"):
            page = client.get(link["href"])
            assert page.status == 200
            assert list(lines(page)) == [each.text for each in rail.all("a")]
            assert marked(page) == {link.text: "page"}


def test_a_group_without_pages_is_not_named(client: Visitor, cast: Cast):
    rail = client.sign_in(cast.ada).get("/admin/").one("nav", id="rail")
    tags = [node.tag for node in rail.children if not isinstance(node, str)]
    assert ("p", "p") not in pairwise(tags)
    assert tags[-1] == "a"
