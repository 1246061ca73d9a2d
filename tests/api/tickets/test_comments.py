"""What is said on a ticket, by programs: internal notes stay internal."""

import pytest
from flask import Flask

from tests import factories
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH
from tests.factories import Filed
from tests.mailbox import Mailbox
from tests.statements import statements

SECRET = "the customer must not read this"


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> Filed:
    """Bob's."""
    return factories.file_ticket(app, cast.bob)


def path(ticket: Filed) -> str:
    return f"/tickets/{ticket.number}/comments"


def test_a_conversation_is_read_from_its_beginning(
    call: Call, cast: Cast, ticket: Filed, mailbox: Mailbox
) -> None:
    sam, bob = call(cast.sam), call(cast.bob)
    said = sam.post(path(ticket), {"message": "On the *way*."}, 201).json
    assert said["author"] == {"id": "USR000004", "name": "Sam Smith"}
    assert (said["message"], said["internal"]) == ("On the *way*.", False)
    assert "<em>way</em>" in said["html"]
    bob.post(path(ticket), {"message": "Thanks."}, 201)
    items = bob.get(path(ticket)).json["items"]
    assert [item["message"] for item in items][1:] == ["On the *way*.", "Thanks."]
    assert items[1] == said
    assert call(cast.bob).get(f"/tickets/{ticket.number}").json["version"] == 4  # and opened
    assert mailbox.subjects("bob@example.com")


@pytest.mark.threat("notes and secrets shown")
def test_internal_notes_are_among_staff(
    call: Call, cast: Cast, ticket: Filed, mailbox: Mailbox
) -> None:
    sam = call(cast.sam)
    note = sam.post(path(ticket), {"message": SECRET, "internal": True}, 201).json
    assert note["internal"] is True
    assert SECRET.encode() in sam.get(path(ticket)).body
    for person in (cast.bob, cast.ann):
        reader = call(person)
        assert SECRET.encode() not in reader.get(path(ticket)).body
        assert reader.get("/tickets?q=customer+must+not+read").json["items"] == []
        reader.post(path(ticket), {"message": "x", "internal": True}, 403)
    assert all(SECRET not in mail.as_string() for mail in mailbox.sent("bob@example.com"))


@BOTH
def test_pages_go_on_where_the_last_one_ended(
    app: Flask, call: Call, cast: Cast, ticket: Filed
) -> None:
    for number in range(4):
        factories.post_comment(app, cast.sam, ticket, f"Word {number}")
    bob = call(cast.bob)
    first = bob.get(f"{path(ticket)}?limit=3").json
    factories.post_comment(app, cast.sam, ticket, "Word 4")
    second = bob.get(f"{path(ticket)}?limit=3&cursor={first['next']}").json
    said = [item["message"] for page in (first, second) for item in page["items"]]
    assert said[1:] == [f"Word {number}" for number in range(5)]
    assert second["next"] is None
    bob.get(f"{path(ticket)}?cursor=x", 422)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"message": " "}, {"message": ["required"]}),
        ({"message": "x", "internal": "yes"}, {"internal": ["type"]}),
        ({"message": "x", "internal": 1}, {"internal": ["type"]}),
        ({"message": "x" * 65_537}, {"message": ["too_long"]}),
        ({"message": "x", "author": "USR000006"}, {"author": ["unknown_field"]}),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(
    call: Call, cast: Cast, ticket: Filed, body: dict[str, object], errors: dict[str, list[str]]
) -> None:
    assert call(cast.sam).post(path(ticket), body, 422).errors == errors


@pytest.mark.threat("scripts in text")
def test_what_is_written_is_sanitized(call: Call, cast: Cast, ticket: Filed) -> None:
    hostile = '<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror="alert(1)">'
    said = call(cast.bob).post(path(ticket), {"message": hostile}, 201).json
    assert said["message"] == hostile
    assert "<img" not in said["html"]
    assert 'href="javascript' not in said["html"]
    assert "<script" not in said["html"]


def test_a_viewer_reads_along_and_says_nothing(
    app: Flask, call: Call, cast: Cast, ticket: Filed
) -> None:
    with factories.writing(app):
        viewer = factories.actor(
            factories.user(
                "vic@example.com",
                organization_id=cast.ann.organization_id,
                organization_role="viewer",
            )
        )
    vic = call(viewer)
    assert len(vic.get(path(ticket)).json["items"]) == 1
    vic.post(path(ticket), {"message": "x"}, 403)
    vic.post("/tickets", {"subject": "x", "message": "x"}, 403)


def test_a_long_conversation_asks_as_much_as_a_short_one(
    app: Flask, call: Call, cast: Cast, ticket: Filed
) -> None:
    bob = call(cast.bob)
    with statements(app) as few:
        bob.get(path(ticket))
    for _ in range(20):
        factories.post_comment(app, cast.sam, ticket)
    with statements(app) as many:
        bob.get(path(ticket))
    assert few == many
