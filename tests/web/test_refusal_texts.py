from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from portal import i18n
from portal.extensions import db
from portal.models.tickets import Comment
from portal.web.rate_limits import counts, limits
from portal.web.refusal_texts import wait_text
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

TEXT = "First line.\n\n  Second <b>line</b>."


@pytest.fixture
def path(app: Flask, cast: Cast) -> str:
    """Where answers to a ticket of Ann's are sent."""
    return f"/tickets/{factories.file_ticket(app, cast.ann).number}/comments"


@pytest.fixture
def ann(client: Visitor, cast: Cast, path: str) -> Visitor:
    return client.sign_in(cast.ann)


def flood(app: Flask, person_id: int) -> None:
    """Use up the limit on writing."""
    with app.app_context():
        key = counts.hashed_key(f"actor:{person_id}")
        for item in limits.WRITING.items:
            for _ in range(item.amount):
                counts.limiter.limiter.hit(item, key, limits.WRITING.scope)


def send_again(visitor: Visitor, page: Page, **more: object) -> Page:
    """Send the form that the refusal shows, with `more`."""
    form = page.one("form", enctype="multipart/form-data")
    fields = {n["name"]: n.get("value") or "" for n in form.all("input") if n.get("type") != "file"}
    fields |= {n["name"]: n._raw_text().removeprefix("\n") for n in form.all("textarea")}
    return visitor.post(form["action"], {**fields, **more})


def messages(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Comment.message).order_by(Comment.id)))


@pytest.mark.parametrize(
    ("seconds", "text", "russian"),
    [
        (0, "Try again in 1 second.", "через 1 секунду"),
        (21.2, "Try again in 22 seconds.", "через 22 секунды"),
        (89, "Try again in 89 seconds.", "через 89 секунд"),
        (90, "Try again in 2 minutes.", "через 2 минуты"),
        (241, "Try again in 5 minutes.", "через 5 минут"),
        (89 * 60, "Try again in 89 minutes.", "через 89 минут"),
        (90 * 60, "Try again in 2 hours.", "через 2 часа"),
        (86_400, "Try again in 24 hours.", "через 24 часа"),
    ],
)
def test_a_wait_is_said_in_seconds_minutes_or_hours(seconds: float, text: str, russian: str):
    with i18n.force_locale("en"):
        assert wait_text(seconds) == text
    with i18n.force_locale("ru"):
        assert russian in wait_text(seconds)


@pytest.mark.parametrize("htmx", [False, True], ids=["form", "htmx"])
def test_who_is_too_fast_is_told_for_how_long_to_wait(
    app: Flask, ann: Visitor, cast: Cast, path: str, htmx: bool
):
    flood(app, cast.ann.id)
    page = ann.post(path, {"message": TEXT}, status=429, htmx=htmx)
    assert "Try again in 10 minutes." in page.words
    assert 0 < int(page.headers["Retry-After"]) <= 600


def test_what_was_refused_for_its_speed_is_sent_again_as_it_was(
    app: Flask, ann: Visitor, cast: Cast, path: str
):
    flood(app, cast.ann.id)
    fields = {"message": TEXT, "version": "1", "status": ""}
    page = ann.post(path, fields, status=429, content_type="multipart/form-data")
    with app.app_context():
        counts.limiter.reset()
    assert send_again(ann, page).location == path.removesuffix("/comments")
    assert messages(app)[1:] == [TEXT]


def test_a_file_that_is_too_large_is_named_and_the_text_kept(
    app: Flask, ann: Visitor, path: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "ATTACHMENT_BYTES", 1000)
    files = [(BytesIO(b"x" * size), f"{size}.txt") for size in (1000, 1001)]
    page = ann.post(path, {"message": TEXT, "attachments": files}, status=413)
    assert "“1001.txt” is larger than 1000 B" in page.words
    send_again(ann, page, attachments=(BytesIO(b"x"), "small.txt"))
    assert messages(app)[1:] == [TEXT]


def test_too_many_files_are_counted_and_the_text_kept(ann: Visitor, path: str):
    files = [(BytesIO(b"x"), f"{number}.txt") for number in range(11)]
    page = ann.post(path, {"message": TEXT, "attachments": files}, status=413)
    assert "You chose 11 files, and 10 is the most at once." in page.words
    assert page.one("textarea", name="message").text


def test_the_text_before_files_that_nobody_reads_is_kept(
    app: Flask, ann: Visitor, path: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "ATTACHMENTS_BYTES", 1_000_000)
    # Written out: Werkzeug's client leaves a large form's temporary file open.
    parts = [("csrf_token", ann.csrf_token()), ("message", TEXT), ("film", "x" * 3_000_000)]
    names = [f'name="{name}"' for name, _text in parts]
    names[-1] += '; filename="film.mp4"'
    body = "".join(
        f"--x\r\nContent-Disposition: form-data; {name}\r\n\r\n{text}\r\n"
        for name, (_name, text) in zip(names, parts, strict=True)
    )
    kind = "multipart/form-data; boundary=x"
    page = Page(ann.http.post(path, data=f"{body}--x--\r\n".encode(), content_type=kind))
    assert page.status == 413
    assert "2.9 MB together, and 2.0 MB is the most at once" in page.words
    send_again(ann, page)
    assert messages(app)[1:] == [TEXT]


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, _size: int | None = -1) -> bytes:
        raise AssertionError("somebody waits for this body")


@pytest.mark.threat("floods")
def test_nobody_waits_for_what_a_stranger_sends_too_much_of(client: Visitor):
    options = {
        "input_stream": Unread(),
        "environ_overrides": {"CONTENT_LENGTH": "2000000"},
        "content_type": "multipart/form-data; boundary=x",
        "headers": {"Origin": "http://localhost"},
    }
    assert client.http.post("/auth/register", **options).status_code == 413


@pytest.mark.threat("floods")
@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"--x\r\nnonsense" * 200_000, b"\r\n" * 600_000])
def test_nonsense_that_is_too_large_is_refused_like_anything(
    ann: Visitor, path: str, body: bytes, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "ATTACHMENTS_BYTES", 0)
    kind = "multipart/form-data; boundary=x"
    body = body.ljust(1_100_000, b"-")
    assert ann.http.post(path, data=body, content_type=kind).status_code == 413


def test_who_signed_in_again_meanwhile_sends_it_again_with_the_new_token(
    app: Flask, ann: Visitor, cast: Cast, path: str
):
    old = ann.csrf_token()
    ann.sign_in(cast.ann)
    headers = {"Origin": "http://localhost"}
    fields = {"message": TEXT, "csrf_token": old, "version": "1"}
    page = ann.post(path, fields, status=400, headers=headers, content_type="multipart/form-data")
    assert f"You are signed in as {cast.ann.email}." in page.words
    send_again(ann, page)
    assert messages(app)[1:] == [TEXT]


def test_a_script_is_told_who_is_signed_in_now_and_given_the_new_token(
    ann: Visitor, cast: Cast, path: str
):
    headers = {"Origin": "http://localhost"}
    fields = {"message": TEXT, "csrf_token": "old"}
    error = ann.post(path, fields, status=400, headers=headers, htmx=True).one(id="error")
    assert error["data-me"] == cast.ann.email
    ann.post(path, {"message": TEXT, "csrf_token": error["data-token"]})


def test_a_long_text_is_refused_by_its_field_which_keeps_it(ann: Visitor, path: str):
    text = "x" * 600_000
    body = f"csrf_token={ann.csrf_token()}&message={text}"  # a client's own file stays open
    kind = "application/x-www-form-urlencoded"
    answer = Page(ann.http.post(path, data=body, content_type=kind))
    assert answer.status == 422
    assert answer.one("textarea", name="message").text == text
