import gzip
import re

import pytest

from portal.config import ROOT
from tests.cast import Cast
from tests.page import Visitor
from tests.statements import statements


def stylesheet(client: Visitor) -> str:
    found = re.search(r'href="(/static/css/app\.[0-9a-f]{12}\.css)"', client.get("/").text)
    assert found
    return found[1]


def test_a_hashed_name_may_be_kept_for_a_year(client: Visitor):
    answer = client.http.get(stylesheet(client))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data == (ROOT / "static/css/app.css").read_bytes()
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/static/css/app.css", "/static/vendor/redoc.standalone.js"])
def test_a_file_is_the_same_for_everybody(client: Visitor, cast: Cast, path: str):
    client.sign_in(cast.ann)
    for language in ("en", "ru"):
        answer = client.http.get(path, headers={"Accept-Language": language})
        assert answer.headers["Vary"] == "Accept-Encoding"
    with statements(client.app) as asked:
        client.http.get(path)
        client.http.get("/favicon.ico")
    assert not asked


def test_a_plain_name_is_asked_for_again(client: Visitor):
    answer = client.http.get("/static/css/app.css")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    again = client.http.get(
        "/static/css/app.css", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_files_are_sent_compressed(client: Visitor):
    answer = client.http.get(stylesheet(client), headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.data) == (ROOT / "static/css/app.css").read_bytes()


@pytest.mark.threat("names of files")
def test_an_old_hash_and_a_way_out_of_the_folder_lead_nowhere(client: Visitor):
    for path in (
        "/static/css/app.000000000000.css",
        "/static/../wsgi.py",
        "/static/%2e%2e/wsgi.py",
        "/static/vendor/manifest.json",
    ):
        assert client.http.get(path).status_code == 404


def test_everything_a_page_needs_but_its_text_fits_in_its_budget():
    """Customers, whose pages may have 40 KB with the text, load nothing that is for the desk."""
    # The readers of the API's document are no part of our pages; those of a section,
    # or that ask for a password or a passkey, have no queue, which weighs more.
    readers = {"swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "passkeys.js"}
    readers |= {"api-docs.js", "api-docs.css", "reveal.js", "section.css"}
    served = [p for p in (ROOT / "static").rglob("*") if p.suffix in {".css", ".js", ".svg"}]
    needed = [p for p in served if p.name not in readers]
    gzipped = {p.name: len(gzip.compress(p.read_bytes(), 9)) for p in needed}
    scripts = {
        f"{name}.js" for name in ("answers", "bell", "keys", "mentions", "presence", "queue")
    }
    of_desk = scripts | {"queue.css", "favicon-unread.svg"}
    assert sum(gzipped.values()) < 48 * 1024, gzipped
    assert sum(size for name, size in gzipped.items() if name not in of_desk) < 37 * 1024, gzipped
