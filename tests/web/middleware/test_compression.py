import gzip

import pytest

from portal.web.middleware import compression
from tests.page import Visitor

GZIP = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("padding", [0, 1, 100])
@pytest.mark.parametrize("body", [b"", b"a", "Заявка ".encode() * 5000])
def test_what_is_packed_unpacks_to_the_same(body: bytes, padding: int):
    assert gzip.decompress(compression.gzip(body, padding=padding)) == body


def test_a_page_is_compressed_for_who_can_read_it(client: Visitor):
    plain = client.http.get("/auth/register")
    packed = client.http.get("/auth/register", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert b"<h1" in gzip.decompress(packed.data)
    assert len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_the_length_of_a_page_with_a_secret_does_not_tell_of_it(client: Visitor):
    lengths = {len(client.http.get("/auth/login", headers=GZIP).data) for _ in range(12)}
    assert len(lengths) > 4


def test_small_answers_are_left_alone(client: Visitor):
    assert "Content-Encoding" not in client.http.get("/health", headers=GZIP).headers
