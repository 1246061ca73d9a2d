"""What is in somebody's copy: all that is theirs, nothing that is others' or the desk's."""

import io
import json
import zipfile
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import Actor, OrganizationRole, User
from portal.models.tickets import Rating
from portal.queries.organizations import organizations as organizations_of
from portal.queries.privacy import personal_data
from portal.security.people import api_keys, tokens
from portal.services.organizations import customer_notes, invitations, organizations
from portal.services.privacy import export_zip, privacy_requests
from portal.services.tickets import tickets
from portal.services.tickets.attachments import Upload
from portal.storage import Folder, Storage
from tests import factories, totp
from tests.cast import PASSWORD, Cast


@pytest.fixture
def storage(app: Flask) -> Storage:
    store: Storage = app.extensions["lodge.storage"]
    return store


def upload(storage: Storage, filename: str, content: bytes = b"bytes") -> Upload:
    stored = storage.put(io.BytesIO(content), limit=1 << 30)
    return Upload(stored.key, filename, "text/plain", stored.size, stored.sha256)


def copy_of(app: Flask, actor: Actor) -> zipfile.ZipFile:
    with app.app_context():
        ids = personal_data.ticket_ids(actor)
        parts = list(export_zip.pieces(actor, ids, app.extensions["lodge.storage"]))
    assert [p.percent for p in parts] == sorted(p.percent for p in parts)
    made = zipfile.ZipFile(io.BytesIO(b"".join(part.data for part in parts)))
    assert made.testzip() is None
    return made


def read(made: zipfile.ZipFile, name: str) -> Any:
    return json.loads(made.read(f"{name}.json"))


def ticket_files(made: zipfile.ZipFile) -> list[str]:
    return [name for name in made.namelist() if name.startswith("tickets/")]


def everything(made: zipfile.ZipFile) -> str:
    return "\n".join(name + made.read(name).decode() for name in made.namelist())


def test_an_account_is_told_in_full_and_without_secrets(app: Flask, cast: Cast):
    secret = totp.set_up(app, cast.ann)
    with factories.writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        ann.phone, ann.inn = "+79161234567", "7707083893"
        _key, text = api_keys.issue(ann, name="robot", scope="write", expires_at=None)
        invitations.invite(actor=cast.ann, email="zoe@example.com", role=OrganizationRole.USER)
        privacy_requests.ask_export(actor=cast.ann)
        hashed = ann.password_hash
    made = copy_of(app, cast.ann)
    assert read(made, "profile")["phone"] == "+79161234567"
    assert read(made, "organization")["role"] == "owner"
    assert read(made, "api_keys")[0]["prefix"] == text[:11]
    assert read(made, "second_factors")["authenticator_app"] is True
    assert read(made, "second_factors")["recovery_codes_left"] == 10
    assert read(made, "activity")[0]["kind"] == "totp_added"
    assert read(made, "invitations")[0]["email"] == "zoe@example.com"
    assert read(made, "privacy_requests")[0]["kind"] == "export"
    assert len(made.namelist()) == len(set(made.namelist()))
    readme = made.read("README.txt").decode()
    assert not [name for name in made.namelist() if name != "README.txt" and name not in readme]
    told = everything(made)
    for hidden in (secret, hashed, text[11:], totp.CODES[0], "digest", "token_hash"):
        assert hidden and hidden not in told


def test_sessions_and_sign_ins_say_when_and_from_where(client, app: Flask, cast: Cast):
    client.sign_in(cast.ann)
    credentials = {"email": cast.ann.email, "password": PASSWORD}
    assert client.http.post("/api/v1/auth/login", json=credentials).status_code == 200
    made = copy_of(app, cast.ann)
    (session,) = read(made, "sessions")
    (program,) = read(made, "programs")
    assert program["user_agent"] == session["user_agent"]
    assert "family_hash" not in program and "token_hash" not in program
    assert session["address"] == "127.0.0.1"
    assert session["created_at"].endswith("Z")
    signed_in = read(made, "activity")[0]
    assert (signed_in["kind"], signed_in["by"], signed_in["address"]) == (
        "signed_in",
        "you",
        "127.0.0.1",
    )


def test_where_others_sat_who_did_something_is_not_told(client, app: Flask, cast: Cast):
    path = f"/account/organization/members/{cast.bob.id}/role"
    client.sign_in(cast.ann).post(path, {"role": "admin"})
    changed = read(copy_of(app, cast.bob), "activity")[-1]
    assert (changed["by"], changed["address"], changed["user_agent"]) == ("somebody else", "", "")


def test_a_ticket_comes_with_what_was_said_in_public_and_its_files(
    app: Flask, cast: Cast, storage: Storage
):
    filed = factories.file_ticket(app, cast.bob, uploads=[upload(storage, "Фото.png", b"pixels")])
    factories.post_comment(app, cast.sam, filed, "On our way.")
    secret = [upload(storage, "internal.txt", b"not for customers")]
    factories.post_comment(app, cast.sam, filed, "He is rude.", internal=True, uploads=secret)
    with factories.writing(app):
        ticket = db.session.get_one(tickets.Ticket, filed.id)
        tickets.set_tags(actor=cast.sam, ticket=ticket, names=["rude"])
    made = copy_of(app, cast.bob)
    assert ticket_files(made) == [
        "tickets/REQ000001.json",
        "tickets/REQ000001/1-Фото.png",
    ]
    assert made.read("tickets/REQ000001/1-Фото.png") == b"pixels"
    content = read(made, "tickets/REQ000001")
    assert (content["status"], content["priority"]) == ("open", "medium")
    assert content["channel"] == "page"
    assert content["requester"] == {"id": "USR000002", "name": "Bob Baker", "you": True}
    assert [c["author"]["name"] for c in content["comments"]] == ["Bob Baker", "Sam Smith"]
    assert content["comments"][0]["attachments"][0]["path"] == "tickets/REQ000001/1-Фото.png"
    told = everything(made)
    assert not [w for w in ("rude", "internal.txt", "not for customers") if w in told]


def test_a_ticket_comes_with_what_its_requester_thought_of_it_each_time(app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob)
    factories.rate_ticket(app, cast.bob, filed, Rating.BAD, "Nobody came.")
    factories.rate_ticket(app, cast.bob, filed, Rating.GOOD)
    rated = read(copy_of(app, cast.bob), f"tickets/{filed.number}")["ratings"]
    assert [(r["rating"], r["comment"]) for r in rated] == [("bad", "Nobody came."), ("good", "")]
    assert rated[0]["created_at"].endswith("Z")


def test_internal_notes_stay_here_whoever_asks(app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.sam)
    factories.post_comment(app, cast.sam, filed, "A note of mine.", internal=True)
    assert "A note of mine." not in everything(copy_of(app, cast.sam))


def test_whose_tickets_are_in_it(app: Flask, cast: Cast):
    bobs = factories.file_ticket(app, cast.bob, "Bob's")
    both = factories.file_ticket(app, cast.bob, "Bob's, with a word of Ann")
    anns = factories.file_ticket(app, cast.ann, "Ann's")
    factories.file_ticket(app, cast.carl, "Carl's")
    factories.post_comment(app, cast.ann, both, "I have it, too.")
    for filed in (bobs, anns):
        factories.post_comment(app, cast.sam, filed)
    assert ticket_files(copy_of(app, cast.ann)) == [
        f"tickets/{both.number}.json",
        f"tickets/{anns.number}.json",
    ]
    assert len(ticket_files(copy_of(app, cast.bob))) == 2
    assert ticket_files(copy_of(app, cast.sam)) == []


def test_what_may_not_be_seen_any_more_is_not_in_it(app: Flask, cast: Cast):
    factories.file_ticket(app, cast.bob)
    with factories.writing(app):
        bob = organizations.remove_member(actor=cast.ann, member_id=cast.bob.id).actor
    assert ticket_files(copy_of(app, bob)) == []


@pytest.mark.parametrize(
    ("filename", "stored"),
    [
        ("../../etc/passwd", "1-.._.._etc_passwd"),
        ("C:\\temp\\a.exe", "1-C__temp_a.exe"),
        (".htaccess", "1-.htaccess"),
        ("a b\u202e:?*.txt", "1-a_b____.txt"),
        ("x" * 250 + ".pdf", "1-" + "x" * 96 + ".pdf"),
    ],
)
def test_no_name_leads_out_of_the_folder_it_is_unpacked_into(
    app: Flask, cast: Cast, storage: Storage, filename: str, stored: str
):
    factories.file_ticket(app, cast.bob, uploads=[upload(storage, filename)])
    made = copy_of(app, cast.bob)
    assert ticket_files(made)[1] == f"tickets/REQ000001/{stored}"
    content = read(made, "tickets/REQ000001")
    assert content["comments"][0]["attachments"][0]["filename"] == filename


@pytest.mark.parametrize("how", ["gone", "not to be read"])
def test_a_file_that_the_desk_has_lost_spoils_nothing(
    app: Flask, cast: Cast, storage: Folder, how: str
):
    lost = upload(storage, "lost.txt")
    factories.file_ticket(app, cast.bob, uploads=[lost, upload(storage, "kept.txt")])
    storage.delete(lost.key)
    if how != "gone":
        storage._path(lost.key).mkdir()
    made = copy_of(app, cast.bob)
    assert ticket_files(made)[1:] == ["tickets/REQ000001/2-kept.txt"]
    assert "lost.txt" in made.read("tickets/REQ000001.json").decode()
    if how != "gone":
        storage._path(lost.key).rmdir()


def test_the_explanation_is_in_the_language_of_its_reader(app: Flask, cast: Cast):
    assert copy_of(app, cast.ann).read("README.txt").startswith(b"This is a copy")


def test_links_are_no_part_of_it(app: Flask, cast: Cast):
    with factories.writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        token = tokens.issue(ann, "reset")
        link = tokens.sign("reset", token)
    assert link not in everything(copy_of(app, cast.ann))


def test_notes_about_the_person_are_in_it_without_who_wrote_them(app: Flask, cast: Cast):
    with factories.writing(app):
        for person in (cast.bob, cast.ann):
            user = db.session.get_one(User, person.id)
            customer_notes.write_about_person(
                actor=cast.sam, user=user, text=f"Call {person.first_name}."
            )
        organization = organizations_of.lock(cast.bob.organization_id)
        customer_notes.write_about_organization(
            actor=cast.sam, organization=organization, text="A good company."
        )
    made = copy_of(app, cast.bob)
    (note,) = read(made, "notes_about_you")
    assert note["text"] == "Call Bob." and note["updated_at"] is None
    assert set(note) == {"text", "created_at", "updated_at"}
    assert "Call Ann" not in everything(made) and "good company" not in everything(made)
    assert "note_written" not in everything(made)
