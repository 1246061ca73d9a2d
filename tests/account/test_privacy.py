"""`/account/privacy`: a copy of one's data for oneself alone; deletion with a proof and an undo."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from jobs.exports import export_person
from portal import clock
from portal.extensions import db
from portal.models.people import AccountEvent, Actor, User
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.security.people import passkeys as ceremonies
from portal.security.people.passkeys import Challenge
from portal.services.people import passkeys
from portal.services.privacy import data_exports
from portal.services.privacy.privacy_requests import UNDO_FOR
from tests import factories
from tests.authenticator import Authenticator
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Page, Visitor

Visit = Callable[[], Visitor]
PATH = "/account/privacy"
PROOF = {"password": PASSWORD}


def requests(app: Flask, person: Actor) -> list[PrivacyRequest]:
    with app.app_context():
        query = select(PrivacyRequest).where(PrivacyRequest.user_id == person.id)
        return list(db.session.scalars(query.order_by(PrivacyRequest.id)))


def log_of(app: Flask, person: Actor) -> list[str]:
    with app.app_context():
        query = select(AccountEvent.kind).where(AccountEvent.user_id == person.id)
        return [k for k in db.session.scalars(query.order_by(AccountEvent.id)) if k != "signed_in"]


def make(app: Flask, visitor: Visitor) -> Page:
    """Ask for a copy and let it be made; the page that shows it."""
    visitor.post(f"{PATH}/exports")
    with app.app_context():
        export_person(db.session.scalars(select(PrivacyRequest.id)).all()[-1])
    return visitor.get(PATH)


def way_to(page: Page) -> str:
    return page.one("a", download=True)["href"]


def test_a_copy_is_asked_for_made_and_fetched(
    client: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    factories.file_ticket(app, cast.ann)
    page = client.follow(client.sign_in(cast.ann).post(f"{PATH}/exports"))
    assert page.one("progress")["value"] == "0"
    assert not page.all("a", download=True)
    page = make(app, client)
    assert "Ready" in page.one("li", id="request-1").text
    answer = client.get(way_to(page))
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="lodge-2')
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert json.loads(archive.read("profile.json"))["email"] == cast.ann.email
        assert "tickets/REQ000001.json" in archive.namelist()
    assert log_of(app, cast.ann) == ["export_asked", "export_fetched"]
    assert mailbox.subjects(cast.ann.email)[-1] == "Your data is ready"


def test_asking_again_waits_for_the_same_copy(client: Visitor, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.ann)
    for _ in range(3):
        client.post(f"{PATH}/exports")
    assert len(requests(app, cast.ann)) == 1
    assert log_of(app, cast.ann) == ["export_asked"]


def test_the_eleventh_copy_within_an_hour_is_refused(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ann)
    for _ in range(10):
        client.post(f"{PATH}/exports")
    client.post(f"{PATH}/exports", status=429)


def test_the_part_that_shows_progress_asks_for_itself_until_it_is_done(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann).post(f"{PATH}/exports")
    part = client.get(PATH, htmx=True)
    assert not part.all("html")
    assert part.one("section", id="export")["hx-trigger"] == "every 2s"
    assert part.one("section", id="export")["hx-get"] == PATH
    assert part.one("a", href=PATH).text == "See how far it is"
    assert "Waiting" in part.one("section", id="requests").text
    make(app, client)
    part = client.get(PATH, htmx=True)
    assert not part.one("section", id="export").get("hx-trigger")
    assert "Waiting" not in part.one("section", id="requests").text
    parts = {node["hx-target"]: node.text for node in part.all("hx-partial")}
    assert parts["#status"] == "Your copy is ready."
    assert parts.keys() == {"#requests", "#status"}


def test_a_copy_that_failed_says_so_and_can_be_asked_for_again(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann).post(f"{PATH}/exports")
    with factories.writing(app):
        lease = data_exports.claim(1)
        assert lease
        data_exports.refuse(lease, "no space left")
    page = client.get(PATH)
    assert "That did not work" in page.words
    assert "no space left" not in page.words
    client.post(f"{PATH}/exports")
    assert len(requests(app, cast.ann)) == 2


def test_nobody_else_fetches_a_copy(visit: Visit, app: Flask, cast: Cast) -> None:
    way = way_to(make(app, visit().sign_in(cast.bob)))
    for stranger in (cast.ann, cast.sam, cast.ada):
        visit().sign_in(stranger).get(way, status=404)
    assert "/auth/login" in visit().get(way, status=303).location
    visit().sign_in(cast.bob).get(way)


def test_a_copy_is_gone_after_a_week_even_before_the_sweep(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    way = way_to(make(app, client.sign_in(cast.ann)))
    with time_machine.travel(clock.now() + timedelta(days=7, seconds=1)):
        client.sign_in(cast.ann)
        client.get(way, status=404)
        assert not client.get(PATH).all("a", download=True)


@pytest.mark.parametrize("request_id", ["0", "2", "999999", "9" * 30, "-1", "x"])
def test_malformed_and_unknown_copies_are_nowhere(
    client: Visitor, app: Flask, cast: Cast, request_id: str
) -> None:
    make(app, client.sign_in(cast.ann))
    client.get(f"{PATH}/exports/{request_id}", status=404)


def test_a_deletion_is_no_copy(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.carl).post(f"{PATH}/deletion", PROOF)
    client.get(f"{PATH}/exports/1", status=404)


def test_deletion_waits_shows_itself_everywhere_and_is_undone(
    visit: Visit, app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    carl = visit().sign_in(cast.carl)
    page = carl.follow(carl.post(f"{PATH}/deletion", PROOF))
    assert not page.all("input", name="password")
    later = visit().sign_in(cast.carl).get("/tickets/")
    assert "Your account will be deleted on" in later.words
    factories.file_ticket(app, cast.carl)
    undo = later.one("form", action=f"{PATH}/deletion/undo")["action"]
    page = carl.follow(carl.post(undo))
    assert "will be deleted" not in page.words
    assert "Undone" in page.one("li", id="request-1").text
    carl.post(undo)
    assert log_of(app, cast.carl) == ["deletion_asked", "deletion_undone"]
    assert [r.state for r in requests(app, cast.carl)] == [PrivacyState.UNDONE]
    told = mailbox.subjects(cast.carl.email)
    assert {"Your account will be deleted", "Your account stays"} <= set(told)


def test_asking_twice_does_not_move_the_day(client: Visitor, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.carl).post(f"{PATH}/deletion", PROOF)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        client.sign_in(cast.carl).post(f"{PATH}/deletion", PROOF)
    (request,) = requests(app, cast.carl)
    assert request.due_at == request.created_at + UNDO_FOR


@pytest.mark.parametrize(
    "fields", [{}, {"password": ""}, {"password": "wrong"}, {"password": "x" * 9999}]
)
def test_without_the_password_nothing_is_deleted(
    client: Visitor, app: Flask, cast: Cast, fields: dict[str, str]
) -> None:
    page = client.sign_in(cast.carl).post(f"{PATH}/deletion", fields, status=422)
    assert page.one("input", name="password").get("aria-invalid")
    assert requests(app, cast.carl) == []


def test_wrong_passwords_are_counted_and_written_down(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.carl)
    for _ in range(10):
        client.post(f"{PATH}/deletion", {"password": "wrong"}, status=422)
    client.post(f"{PATH}/deletion", PROOF, status=429)
    assert log_of(app, cast.carl) == ["sign_in_failed"] * 10


def test_the_last_owner_of_others_and_the_last_admin_stay(
    visit: Visit, app: Flask, cast: Cast
) -> None:
    page = visit().sign_in(cast.ann).post(f"{PATH}/deletion", PROOF, status=409)
    assert "last owner" in page.words
    assert "Something changed" not in page.words  # nothing has: that is another reason
    page = visit().sign_in(cast.ada).post(f"{PATH}/deletion", PROOF, status=409)
    assert "last" in page.words
    assert requests(app, cast.ann) + requests(app, cast.ada) == []


@pytest.fixture
def device(client: Visitor, app: Flask, cast: Cast) -> Authenticator:
    """Carl is signed in, and has a passkey."""
    client.sign_in(cast.carl)
    device, challenge = Authenticator(), b"x" * 32
    asked = Challenge(challenge, clock.now())
    with factories.writing(app):
        made = ceremonies.read_registration(device.register(challenge), asked)
        carl = db.session.get_one(User, cast.carl.id)
        passkeys.add(actor=cast.carl, user=carl, made=made, name="Phone")
    return device


def answer(client: Visitor, device: Authenticator) -> str:
    """What the browser sends to a new challenge of the page."""
    challenge = client.post("/auth/passkey/options", status=200).json["challenge"]
    return device.sign(base64.urlsafe_b64decode(challenge + "=="))


def test_a_passkey_is_as_good_as_the_password(
    client: Visitor, app: Flask, cast: Cast, device: Authenticator
) -> None:
    assert client.get(PATH).one("form", data_passkey="get")["action"] == f"{PATH}/deletion"
    client.post(f"{PATH}/deletion", {"credential": answer(client, device)})
    assert [r.state for r in requests(app, cast.carl)] == [PrivacyState.WAITING]


def test_another_passkey_and_an_old_answer_delete_nothing(
    client: Visitor, app: Flask, cast: Cast, device: Authenticator
) -> None:
    old = answer(client, device)
    for wrong in ("", "{}", answer(client, Authenticator()), old):
        page = client.post(f"{PATH}/deletion", {"credential": wrong}, status=422)
        assert "The passkey was not accepted." in page.words
    assert requests(app, cast.carl) == []
    assert log_of(app, cast.carl)[-4:] == ["sign_in_failed"] * 4


def test_looking_changes_nothing_and_a_form_needs_its_token(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.carl)
    for path in ("exports", "deletion", "deletion/undo"):
        client.get(f"{PATH}/{path}", status=405)
        assert client.http.post(f"{PATH}/{path}", data=PROOF).status_code == 400
        assert client.http.delete(f"{PATH}/{path}").status_code in {400, 405}
    assert requests(app, cast.carl) == []


def test_strangers_are_asked_to_sign_in(client: Visitor) -> None:
    assert "/auth/login" in client.get(PATH, status=303).location
    for path in ("exports", "deletion", "deletion/undo"):
        assert "/auth/login" in client.post(f"{PATH}/{path}", PROOF).location


def test_the_page_says_the_same_of_everybody_who_has_asked_nothing(
    client: Visitor, cast: Cast
) -> None:
    page = client.sign_in(cast.carl).get(PATH)
    assert not page.all("li", id=True) and not page.all("progress")
    assert page.one("a", href=PATH, aria_current="page").text == "Privacy"
