"""Mail to people who may not have asked for it goes by a rate, and is refused to nobody."""

import dataclasses
import logging

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import OrganizationRole, PendingRegistration
from portal.web.rate_limits import limits
from tests import factories
from tests.cast import PASSWORD, password_hash
from tests.conftest import MakeApp
from tests.limit_callers import FORGOT, INVITE, MOVE, REGISTER, ZOE, Caller, World

ANN = "ann@example.com"
RESET, REGISTRATION = "/auth/password-reset-request", "/auth/register"


def mails(world: World, kind: str, to: str = ANN) -> int:
    return len(world.mailbox.links(to, kind))


def company(world: World, name: str) -> Caller:
    """The owner of an organization of their own."""
    with factories.writing(world.app):
        place = factories.organization(name)
        user = factories.user(
            f"{name}@example.com",
            organization_id=place.id,
            organization_role=OrganizationRole.OWNER,
            password_hash=password_hash(),
        )
        person = factories.actor(user)
    return world.at("192.0.2.1", person)


@pytest.mark.threat("floods")
def test_who_asks_again_soon_has_the_link_that_is_there(world: World) -> None:
    for number in range(3):
        one = world.at(f"192.0.2.{number}")
        assert one.send(FORGOT, email=ANN) == 303
        assert one.call("POST", RESET, email=ANN.upper()) == 202
    assert mails(world, "reset") == 1
    one.visitor.get(world.mailbox.link(ANN, "reset"))


@pytest.mark.threat("floods")
def test_five_links_an_hour_go_to_one_mailbox_and_the_last_one_works(world: World) -> None:
    for number in range(8):
        assert world.at(f"192.0.2.{number}").send(FORGOT, email=ANN) == 303
        # Five minutes have passed, and not an hour.
        for key in world.queue.scan_iter(f"LIMITS:*{limits.FORGOT_MAILS.scope}/1/5/minute*"):
            world.queue.delete(key)
        mails(world, "reset")
    assert mails(world, "reset") == 5
    world.at("198.51.100.1").visitor.get(world.mailbox.link(ANN, "reset"))


@pytest.mark.threat("floods")
@pytest.mark.parametrize(("path", "api"), [(FORGOT, RESET), (REGISTER, REGISTRATION)])
def test_from_one_address_twenty_an_hour_are_asked_for(world: World, path: str, api: str) -> None:
    one = world.at("192.0.2.1")
    for number in range(10):
        assert one.send(path, email=f"page{number}@example.com") == 303
        assert one.call("POST", api, email=f"program{number}@example.com") == 202
    assert one.send(path, email=ZOE) == one.call("POST", api, email=ZOE) == 429
    assert world.waits(ZOE) == []


@pytest.mark.threat("mailed links")
def test_beyond_five_registrations_an_hour_the_newest_link_goes_on_working(world: World) -> None:
    for number in range(4):
        assert world.at(f"192.0.2.{number}").send(REGISTER, email=ZOE, first_name="Any") == 303
    owner = world.at("198.51.100.1")
    assert owner.call("POST", REGISTRATION, email=ZOE, first_name="Zoe") == 202
    link = world.mailbox.link(ZOE, "verify")
    stranger = world.at("203.0.113.1")
    assert stranger.send(REGISTER, email=ZOE, first_name="Mallory") == 303
    assert stranger.call("POST", REGISTRATION, email=ZOE, first_name="Mallory") == 202
    assert mails(world, "verify", ZOE) == 5
    owner.visitor.get(link)
    with world.app.app_context():
        assert db.session.scalars(select(PendingRegistration.first_name)).all() == ["Zoe"]


def test_what_is_refused_takes_no_mail_from_anybody(world: World) -> None:
    for number in range(6):
        one = world.at(f"192.0.2.{number}")
        assert one.call("POST", REGISTRATION, email=ZOE, inn="1") == 422
        assert one.send(REGISTER, email=ZOE, company_name="x" * 201) == 422
    assert world.at("198.51.100.1").send(REGISTER, email=ZOE) == 303
    assert world.waits(ZOE) == [0]


@pytest.mark.threat("floods")
def test_when_all_the_world_registers_mails_go_later_and_nobody_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    few = dataclasses.replace(limits.REGISTER_EVERYBODY, rate="2 per hour")
    monkeypatch.setattr("portal.web.rate_limits.mail_rates.REGISTER_EVERYBODY", few)
    with caplog.at_level(logging.WARNING, "portal.web.rate_limits.limits"):
        for number in range(5):
            one = world.at(f"192.0.2.{number}")
            assert one.send(REGISTER, email=f"zoe{number}@example.com") == 303
    late = [world.waits(f"zoe{number}@example.com")[0] * 60 for number in range(5)]
    assert late[:2] == [0, 0]
    assert [round(seconds) for seconds in late[2:]] == pytest.approx([3, 6, 9], abs=2)
    assert [record.message for record in caplog.records] == [
        "many registrations from everywhere: their mails go later"
    ]
    world.fill(limits.REGISTER_EVERYBODY)
    assert one.send(REGISTER, email=ZOE) == 303
    assert world.waits(ZOE) == [pytest.approx(20, abs=1)]


@pytest.mark.threat("floods")
def test_an_organization_invites_an_address_five_times_an_hour_by_page_and_api(
    world: World,
) -> None:
    one, asked = world.at("192.0.2.1", world.cast.ann), {"email": ZOE, "role": "user"}
    assert [one.send(INVITE, **asked) for _ in range(4)] == [303] * 4
    path = "/organizations/me/members"
    assert [one.call("POST", path, **asked) for _ in range(2)] == [201, 429]
    assert one.send(INVITE, **asked) == 429
    assert one.send(INVITE, **{**asked, "email": "yan@example.com"}) == 303


@pytest.mark.threat("words for strangers")
def test_many_organizations_mail_one_address_at_a_slow_rate_and_all_may(world: World) -> None:
    for number in range(7):
        assert company(world, f"c{number}").send(INVITE, email=ZOE, role="user") == 303
    assert world.waits(ZOE) == pytest.approx([0, 0, 0, 0, 0, 12, 24], abs=1)
    assert len(world.mailbox.sent(ZOE)) == 5


@pytest.mark.threat("words for strangers")
def test_moves_to_one_address_are_mailed_at_a_slow_rate(world: World) -> None:
    for number in range(8):
        assert company(world, f"c{number}").send(MOVE, email=ZOE, password=PASSWORD) == 303
    assert world.waits(ZOE) == pytest.approx([0, 0, 0, 0, 0, 12, 20, 20], abs=1)


@pytest.mark.threat("guessing without end")
def test_a_wrong_password_is_no_move(world: World) -> None:
    one = world.at("192.0.2.1", world.cast.ann)
    wrong = [one.send(MOVE, email=ZOE, password="wrong") for _ in range(11)]
    assert wrong == [422] * 10 + [429]
    assert world.at("192.0.2.2", world.cast.ann).send(MOVE, email=ZOE, password=PASSWORD) == 303


def test_an_open_desk_counts_by_address_alone(another_app: MakeApp, world: World) -> None:
    world.app = another_app(REGISTRATION="open")
    one = world.at("192.0.2.1")
    asked = {"email": ANN, "password": PASSWORD}
    for _ in range(20):
        assert one.call("POST", REGISTRATION, **asked) == 409
    assert one.call("POST", REGISTRATION, **asked) == one.send(REGISTER, **asked) == 429
    assert world.at("192.0.2.2").call("POST", REGISTRATION, **{**asked, "email": ZOE}) == 201
