"""What any marketplace may answer instead of products, and what its client says of it."""

from tests.marketplaces.server import Answer

HTML = b"<!doctype html><title>Maintenance</title>"
# An answer, the problem that it is, and a word of the detail.
FAILURES = {
    "html": (Answer(200, HTML, "text/html"), "answer", "no JSON, but text/html"),
    "half": (Answer(200, b'{"cards": [{"nmID": 1', cut=0), "answer", "no JSON"),
    "cut off": (Answer(200, b'{"cards": []}' + b" " * 100, cut=60), "answer", ""),
    "another shape": (Answer(200, b"[]"), "answer", "no "),
    "nothing": (Answer(200, b""), "answer", "no JSON"),
    "deep": (Answer(200, b"[" * 200_000), "answer", "no JSON"),
    "long number": (Answer(200, b"1" * 10_000), "answer", "no JSON"),
    "redirect": (
        Answer(302, b"", headers=(("Location", "http://127.0.0.1:1/"),)),
        "answer",
        "HTTP 302",
    ),
    "broken": (Answer.json({"message": "oh\x00 no\n<b>"}, 500), "server", "HTTP 500 oh no <b>"),
    "gateway": (Answer(502, HTML, "text/html"), "server", "HTTP 502"),
    "unauthorized": (Answer.json({"detail": "expired"}, 401), "key_refused", "HTTP 401 expired"),
    "forbidden": (Answer.json({"title": "scope"}, 403), "key_refused", "HTTP 403 scope"),
    "gone method": (Answer.json({"message": "obsolete"}, 404), "shop", "HTTP 404 obsolete"),
}
