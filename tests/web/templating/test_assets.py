import gzip
import re

import pytest

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
    assert answer.data == client.http.get("/static/css/app.css").data
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
    url = stylesheet(client)
    answer = client.http.get(url, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.data) == client.http.get(url).data


@pytest.mark.threat("names of files")
def test_an_old_hash_and_a_way_out_of_the_folder_lead_nowhere(client: Visitor):
    for path in (
        "/static/css/app.000000000000.css",
        "/static/../wsgi.py",
        "/static/%2e%2e/wsgi.py",
        "/static/vendor/manifest.json",
    ):
        assert client.http.get(path).status_code == 404
