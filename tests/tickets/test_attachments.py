from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from jobs.parts.thumbnails import make_thumbnails
from tests import factories, pictures
from tests.cast import Cast
from tests.page import Visitor


def upload(visitor: Visitor, name: str, body: bytes) -> str:
    fields = {"subject": "File", "message": "Here", "attachments": (BytesIO(body), name)}
    page = visitor.follow(visitor.post("/tickets/new", fields))
    return next(a["href"] for a in page.all("a") if "/attachments/" in a["href"])


@pytest.mark.threat("files that run")
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.html", b"<script>alert(1)</script>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.js", b"alert(1)"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        ("a.gif", b"GIF89a/*" + b"*/=1;alert(1)"),
    ],
)
def test_a_download_is_data_and_never_runs(client: Visitor, cast: Cast, name: str, body: bytes):
    answer = client.http.get(upload(client.sign_in(cast.ann), name, body))
    assert answer.data == body
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.mimetype in {"application/octet-stream", "image/png", "image/gif"}


@pytest.mark.threat("names of files")
def test_any_name_comes_back(client: Visitor, cast: Cast):
    link = upload(client.sign_in(cast.ann), 'счёт "2026"; x=1.pdf', b"%PDF-1.7")
    header = client.http.get(link).headers["Content-Disposition"]
    assert "%D1%81%D1%87" in header
    assert header.isascii()
    assert header.count('"') == 2


@pytest.mark.threat("foreign rows")
def test_a_file_is_as_private_as_its_ticket(visit: Callable[[], Visitor], cast: Cast):
    link = upload(visit().sign_in(cast.bob), "a.txt", b"x")
    for person, status in ((cast.ann, 200), (cast.bob, 200), (cast.sam, 200), (cast.carl, 404)):
        assert visit().sign_in(person).http.get(link).status_code == status
    assert visit().http.get(link).status_code == 303


@pytest.mark.threat("foreign rows")
def test_a_file_answers_only_under_its_own_ticket(visit: Callable[[], Visitor], cast: Cast):
    first = upload(visit().sign_in(cast.ann), "a.txt", b"x")
    carl = visit().sign_in(cast.carl)
    second = upload(carl, "b.txt", b"y")
    foreign = second.rpartition("/")[0] + "/" + first.rpartition("/")[2]
    carl.get(foreign, status=404)
    carl.get(second.rpartition("/")[0] + "/99999999999999999999", status=404)


def small_pictures(page: Any) -> list[str]:
    return [picture["src"] for picture in page.all("img") if "src" in picture.attributes]


@pytest.fixture
def photo(app: Flask, visit: Callable[[], Visitor], cast: Cast) -> str:
    """The address of a picture that Bob has sent."""
    link = upload(visit().sign_in(cast.bob), "photo.jpg", pictures.photo(720, 360))
    with app.app_context():
        make_thumbnails()
    return link


def test_a_picture_is_shown_small_and_leads_to_itself(client: Visitor, cast: Cast, photo: str):
    page = client.sign_in(cast.bob).get(photo.partition("/attachments")[0])
    [picture] = [found for found in page.all("img") if "src" in found.attributes]
    assert (picture["src"], picture["width"], picture["height"]) == (
        f"{photo}/thumbnail",
        "360",
        "180",
    )
    [link] = [found for found in page.all("a") if "data-picture" in found.attributes]
    assert (link["href"], link["data-picture"]) == (photo, "photo.jpg")


@pytest.mark.parametrize(
    "body", [b"text", b"\x89PNG\r\n\x1a\n" + b"\0" * 50], ids=["text", "broken"]
)
def test_what_has_no_small_picture_is_a_plain_file(
    app: Flask, client: Visitor, cast: Cast, body: bytes
):
    link = upload(client.sign_in(cast.bob), "photo.png", body)
    with app.app_context():
        make_thumbnails()
    assert not small_pictures(client.get(link.partition("/attachments")[0]))
    client.get(f"{link}/thumbnail", status=404)


@pytest.mark.threat("answers kept by others")
def test_a_small_picture_is_kept_by_its_reader_who_asks_each_time(
    client: Visitor, cast: Cast, photo: str
):
    http = client.sign_in(cast.bob).http
    answer = http.get(f"{photo}/thumbnail")
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = http.get(f"{photo}/thumbnail", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.threat("foreign rows")
def test_a_small_picture_is_as_private_as_the_large_one(
    visit: Callable[[], Visitor], cast: Cast, photo: str
):
    known = {"If-None-Match": '"1"'}
    for person, status in ((cast.ann, 200), (cast.bob, 200), (cast.sam, 200), (cast.carl, 404)):
        http = visit().sign_in(person).http
        assert http.get(f"{photo}/thumbnail").status_code == status
        assert (http.get(f"{photo}/thumbnail", headers=known).status_code == 404) == (status == 404)
    assert visit().http.get(f"{photo}/thumbnail").status_code == 303


@pytest.mark.threat("notes and secrets shown")
def test_no_customer_sees_pictures_of_notes(app: Flask, visit: Callable[[], Visitor], cast: Cast):
    filed = factories.file_ticket(app, cast.ann)
    uploads = [pictures.stored(app.extensions["lodge.storage"], pictures.png(9, 9))]
    factories.post_comment(app, cast.sam, filed, internal=True, uploads=uploads)
    with app.app_context():
        make_thumbnails()
    url = f"/tickets/{filed.number}"
    [small] = small_pictures(visit().sign_in(cast.sam).get(url))
    ann = visit().sign_in(cast.ann)
    assert not small_pictures(ann.get(url))
    ann.get(small, status=404)
