from collections.abc import Callable
from io import BytesIO

import pytest

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
