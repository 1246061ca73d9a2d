"""Mail domains on the desk's page about an organization."""

from collections.abc import Callable

import pytest

from portal.models.organizations.organization import format_id
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Visitor

Visit = Callable[[], Visitor]


@pytest.fixture
def path(cast: Cast) -> str:
    return f"/admin/organizations/{format_id(cast.ann.organization_id)}"


def test_an_administrator_asks_at_any_address_and_it_is_confirmed_there(
    visit: Visit, cast: Cast, path: str, mailbox: Mailbox
):
    ada = visit().sign_in(cast.ada)
    form = {"email": "it@acme.example", "role": "user"}
    assert "Not confirmed yet" in ada.follow(ada.post(f"{path}/domains", form)).words
    visit().post(mailbox.link("it@acme.example", "domains"))
    assert "Not confirmed yet" not in ada.get(path).words
    assert "Viewer" in ada.follow(ada.post(f"{path}/domains/1/role", {"role": "viewer"})).words
    page = ada.follow(ada.post(f"{path}/domains/1/remove"))
    assert "New accounts of acme.example do not join any more." in page.words


def test_what_does_not_fit_is_refused(visit: Visit, cast: Cast, path: str):
    ada = visit().sign_in(cast.ada)
    page = ada.post(f"{path}/domains", {"email": "it@gmail.com", "role": "user"}, 422)
    assert "Anybody can have an address there" in page.one(id="domain-email-error").text
    ada.post(f"{path}/domains", {"email": "it", "role": "user"}, 422)
    ada.post(f"{path}/domains/1/role", {"role": "owner"}, 422)
    ada.post(f"{path}/domains/1/remove", status=404)
    elsewhere = f"/admin/organizations/{format_id(cast.carl.organization_id)}"
    ada.post(f"{path}/domains", {"email": "it@acme.example", "role": "user"})
    ada.post(f"{elsewhere}/domains/1/remove", status=404)
