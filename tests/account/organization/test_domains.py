"""Mail domains on the organization's page."""

from collections.abc import Callable

from flask import Flask

from portal.services.organizations import domains
from tests import factories
from tests.cast import Cast
from tests.page import Visitor
from tests.services.organizations.test_domains import ask

PAGE = "/account/organization"
Visit = Callable[[], Visitor]


def confirmed(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        domains.confirm(ask(cast.ann))


def test_an_owner_asks_changes_and_removes(visit: Visit, app: Flask, cast: Cast):
    ann = visit().sign_in(cast.ann)
    page = ann.follow(ann.post(f"{PAGE}/domains", {"email": "Admin@Acme.Example", "role": "user"}))
    assert "on its way to admin@acme.example" in page.words
    assert "Not confirmed yet" in page.one(id="domain-1").text
    page = ann.follow(ann.post(f"{PAGE}/domains/1/role", {"role": "viewer"}))
    assert "Viewer" in page.one(id="domain-1").text
    ann.post(f"{PAGE}/domains/1/role", {"role": "owner"}, 422)
    page = ann.follow(ann.post(f"{PAGE}/domains/1/remove"))
    assert "New accounts of acme.example do not join any more." in page.words
    ann.post(f"{PAGE}/domains/1/remove", status=404)


def test_what_is_refused_stands_at_its_field_with_what_was_typed(visit: Visit, cast: Cast):
    ann = visit().sign_in(cast.ann)
    for email, sentence in (
        ("me@acme.example", "Use postmaster@"),
        ("postmaster@gmail.com", "Anybody can have an address there"),
        ("acme.example", "not an e-mail address"),
    ):
        page = ann.post(f"{PAGE}/domains", {"email": email, "role": "viewer"}, 422)
        assert sentence in page.one(id="domain-email-error").text
        assert page.one(id="domain-email")["value"] == email
    carl = visit().sign_in(cast.carl)
    assert not carl.get(PAGE).all(id="domain-email")
    carl.post(f"{PAGE}/domains", {"email": "admin@carl.example", "role": "user"}, 422)


def test_members_see_which_and_change_nothing(visit: Visit, app: Flask, cast: Cast):
    bob = visit().sign_in(cast.bob)
    assert not bob.get(PAGE).all(id="domains")
    confirmed(app, cast)
    section = bob.get(PAGE).one(id="domains")
    assert "acme.example" in section.text
    assert not section.all("form")
    bob.post(f"{PAGE}/domains", {"email": "admin@b.example", "role": "user"}, 403)
    bob.post(f"{PAGE}/domains/1/remove", status=403)
