import gc
from io import BytesIO

import pytest

from tests.cast import Cast
from tests.page import Visitor


@pytest.mark.parametrize(
    "path",
    ["/%00", "/auth/login?next=%00", "/tickets/?q=%00", "/tickets/?%00=1", "/tickets/REQ%00"],
)
def test_nul_in_an_address_is_refused_with_a_sentence(client: Visitor, cast: Cast, path: str):
    page = client.sign_in(cast.ann).get(path, status=422)
    assert "characters that cannot be stored" in page.words


def test_nul_in_a_form_or_a_file_name_is_refused(client: Visitor, cast: Cast):
    client.sign_in(cast.ann)
    client.post("/tickets/new", {"subject": "a\0b", "message": "c"}, status=422)
    for names in (["a\0b.txt"], ["good.txt", "a\0b.txt"]):
        files = [(BytesIO(b"x"), name) for name in names]
        token = {"csrf_token": client.csrf_token()}
        form = {"subject": "a", "message": "b", "priority": "low", "attachments": files, **token}
        assert client.http.post("/tickets/new", data=form).status_code == 422


@pytest.mark.parametrize("path", ["/%ED%A0%80", "/tickets/?q=%ED%A0%80", "/tickets/?q=%FF%FE"])
def test_broken_utf8_never_breaks_a_page(client: Visitor, cast: Cast, path: str):
    assert client.sign_in(cast.ann).http.get(path).status_code in {200, 404, 422}


@pytest.mark.threat("floods")
def test_a_megabyte_in_one_field_is_too_large(client: Visitor, cast: Cast):
    client.sign_in(cast.ann)
    # Written out: Werkzeug's client leaves a large form's temporary file open.
    body, kind = b"email=" + b"x" * 1_100_000, "application/x-www-form-urlencoded"
    answer = client.http.post("/auth/login", data=body, content_type=kind)
    assert answer.status_code == 413
    assert "1.0 MB together, and 1.0 MB is the most at once" in answer.text


@pytest.mark.threat("floods")
def test_a_stranger_cannot_send_a_large_body_to_an_upload(client: Visitor):
    client.post("/tickets/new", {"attachments": (BytesIO(b"x" * 1_200_000), "a")}, status=413)


# The parser gives up in the middle and leaves what it had begun to the garbage collector.
@pytest.mark.threat("floods")
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
def test_hundreds_of_fields_are_too_many(client: Visitor):
    fields = {f"f{number}": (BytesIO(b"x"), "a") for number in range(200)}
    client.post("/auth/login", fields, status=413)
    gc.collect()  # here, where it is known why, and not in whatever test runs when it comes


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize("token", ["", "x", "ImFiYyI.aaaaaa.bbbbbbbbbbbbbbbb"])
def test_a_missing_or_foreign_token_is_refused_with_a_sentence(client: Visitor, token: str):
    client.get("/auth/login")
    page = client.post("/auth/login", {"csrf_token": token}, status=400)
    assert "This form has expired" in page.words


@pytest.mark.threat("forged requests")
def test_htmx_alone_proves_nothing(client: Visitor, cast: Cast):
    client.sign_in(cast.ann)
    page = client.post("/tickets/new", {"csrf_token": ""}, status=400, htmx=True)
    assert "This form has expired" in page.words


@pytest.mark.threat("fields nobody asked for")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[" * 200_000),
        ("application/json", b'{"email": "\\ud800"}'),
        ("text/plain", b"email=a"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b"no boundary"),
        ("application/x-www-form-urlencoded", b"%ED%A0%80=1&=&&&%"),
    ],
)
def test_nonsense_bodies_are_answered_with_400(client: Visitor, content_type: str, body: bytes):
    assert client.http.post("/auth/login", data=body, content_type=content_type).status_code == 400
