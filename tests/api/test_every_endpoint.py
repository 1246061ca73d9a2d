"""The questions that every endpoint answers alike, asked of each one that the document lists."""

import re
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from flask import Flask

from portal.api.authorization import Audience, EndpointSpec
from portal.models.people import KeyScope
from tests.api.api_client import ROOT, ApiClient, document, key_of, resolved, token_of
from tests.cast import Cast
from tests.page import Visitor


class Endpoint(NamedTuple):
    """One operation, with a path that names nothing in particular."""

    method: str
    path: str
    spec: EndpointSpec
    told: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """The schema of its JSON body; nothing when it takes none."""
        content = self.told.get("requestBody", {}).get("content", {})
        schema: dict[str, Any] = content.get("application/json", {}).get("schema", {})
        return schema

    @property
    def headers(self) -> dict[str, str]:
        """What it wants beside the credential."""
        return {"If-Match": "*"} if self.spec.needs_version else {}


def endpoints(app: Flask) -> list[Endpoint]:
    """All of them."""
    found = []
    for rule in app.url_map.iter_rules():
        spec = getattr(app.view_functions[rule.endpoint], "spec", None)
        if spec is None:
            continue
        template = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        path = re.sub(r"\{[^}]*\}", "1", template.replace("{number}", "REQ000001"))
        (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        told = document(app)["paths"][template][method.lower()]
        found.append(Endpoint(method, path.removeprefix(ROOT), spec, told))
    return found


def closed(app: Flask) -> list[Endpoint]:
    return [e for e in endpoints(app) if e.spec.audience is not Audience.ANYONE]


def test_the_document_tells_of_every_address_of_the_api_and_of_no_other(app: Flask) -> None:
    served = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api.")
    }
    told = {
        (path, method)
        for path, item in document(app)["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert served == told


def test_every_endpoint_declares_an_audience(app: Flask) -> None:
    ours = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert {name for name in ours if not hasattr(app.view_functions[name], "spec")} == set()


@pytest.mark.threat("rules in the browser alone")
@pytest.mark.parametrize("credential", ["", "nonsense", "lk_" + "a" * 51, "a.b.c"])
def test_without_a_credential_that_opens_something_it_is_401(
    app: Flask, cast: Cast, credential: str
):
    api_client = ApiClient(app, credential)
    for endpoint in closed(app):
        reply = api_client.call(endpoint.method, endpoint.path, 401)
        assert reply.code == ("bad_credential" if credential else "sign_in_needed")
        told = reply.headers["WWW-Authenticate"]
        assert told.startswith("Bearer")
        assert ('error="invalid_token"' in told) is bool(credential)


@pytest.mark.threat("forged requests")
def test_the_pages_cookie_opens_nothing(app: Flask, client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ada)
    for endpoint in closed(app):
        reply = client.http.open(ROOT + endpoint.path, method=endpoint.method)
        assert reply.status_code == 401


@pytest.mark.threat("rights kept or taken")
def test_a_key_for_reading_writes_nothing(app: Flask, cast: Cast) -> None:
    api_client = ApiClient(app, key_of(app, cast.ada, KeyScope.READ))
    for endpoint in closed(app):
        if endpoint.spec.scope is KeyScope.WRITE:
            reply = api_client.call(endpoint.method, endpoint.path, 403)
            assert reply.code == "scope_too_narrow"
            told = 'error="insufficient_scope", scope="write"'
            assert told in reply.headers["WWW-Authenticate"]


@pytest.mark.threat("rights kept or taken")
@pytest.mark.parametrize(
    ("audience", "name"),
    [(Audience.STAFF, "ann"), (Audience.ADMIN, "ann"), (Audience.ADMIN, "sam")],
)
def test_who_has_too_little_power_is_refused(
    app: Flask, cast: Cast, audience: Audience, name: str
) -> None:
    api_client = ApiClient(app, token_of(app, getattr(cast, name)))
    for endpoint in endpoints(app):
        if endpoint.spec.audience is audience:
            assert api_client.call(endpoint.method, endpoint.path, 403).code == "forbidden"


def with_body(app: Flask) -> list[Endpoint]:
    return [endpoint for endpoint in endpoints(app) if endpoint.body]


@pytest.fixture
def admin(unlimited: Flask, cast: Cast) -> ApiClient:
    """Somebody who may do everything, as often as they like."""
    return ApiClient(unlimited, token_of(unlimited, cast.ada))


@pytest.fixture
def unlimited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application without limits on how often one may ask."""
    from portal.extensions import limiter

    monkeypatch.setattr(limiter, "enabled", False)
    return app


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"NaN",
    b"\xff\xfe",
    b'{"a": "\\ud800"}',
    b'{"a": NaN}',
    b"[" * 100_000,
    b'{"a":' * 10_000,
]


@pytest.mark.threat("floods")
@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: repr(raw[:12]))
def test_what_is_no_json_object_is_400(admin: ApiClient, raw: bytes) -> None:
    for endpoint in with_body(admin.app):
        reply = admin.call(
            endpoint.method,
            endpoint.path,
            400,
            data=raw,
            content_type="application/json",
            headers=endpoint.headers,
        )
        assert reply.code == "malformed"


def test_other_content_types_are_415(admin: ApiClient) -> None:
    for endpoint in with_body(admin.app):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
            reply = admin.ask(
                endpoint.method,
                endpoint.path,
                data=b"{}",
                content_type=kind,
                headers=endpoint.headers,
            )
            assert (reply.status, reply.code) == (415, "wrong_content_type"), endpoint.path


@pytest.mark.threat("floods")
def test_a_body_that_is_too_large_is_413(admin: ApiClient) -> None:
    large = b'{"x": "' + b"x" * (1024 * 1024) + b'"}'
    for endpoint in with_body(admin.app):
        options = {"data": large, "content_type": "application/json", "headers": endpoint.headers}
        assert admin.call(endpoint.method, endpoint.path, 413, **options).code == "too_large"


@pytest.mark.threat("floods")
def test_with_a_key_a_body_that_nobody_asked_for_is_413_when_it_is_too_large(
    admin: ApiClient,
) -> None:
    posts = [e for e in endpoints(admin.app) if e.method == "POST"]
    for endpoint in posts:
        if "requestBody" not in endpoint.told:
            key = {"Idempotency-Key": f"key-of-{endpoint.path}"}
            admin.call("POST", endpoint.path, 413, data=b"x" * (1024 * 1024 + 1), headers=key)


CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}


@pytest.mark.threat("floods")
def test_a_body_in_chunks_is_refused_and_not_cut_when_it_is_too_large(admin: ApiClient) -> None:
    body = b'{"x": 1}'
    for endpoint in with_body(admin.app):
        # Cut at the limit, the first would be whole JSON; the second is just as large as it may be.
        for more, status in ((1024 * 1024 + 1, 413), (1024 * 1024, 422)):
            reply = admin.ask(
                endpoint.method,
                endpoint.path,
                input_stream=BytesIO(body.ljust(more)),
                content_type="application/json",
                headers=endpoint.headers,
                environ_overrides=CHUNKED,
            )
            assert reply.status == status, (endpoint.path, reply.body)


def test_a_key_does_not_make_a_cut_body_whole(app: Flask, cast: Cast) -> None:
    ann = ApiClient(app, token_of(app, cast.ann))
    body = b'{"subject": "Large", "message": "Body"}'.ljust(1024 * 1024 + 1)
    for _ in range(2):
        reply = ann.call(
            "POST",
            "/tickets",
            413,
            input_stream=BytesIO(body),
            content_type="application/json",
            headers={"Idempotency-Key": "large"},
            environ_overrides=CHUNKED,
        )
        assert reply.code == "too_large"


@pytest.mark.threat("fields nobody asked for")
@pytest.mark.parametrize("name", ["surprise", "self", "__class__", "is_admin", "Ключ", "a" * 500])
def test_fields_that_are_not_listed_are_refused_by_name(admin: ApiClient, name: str) -> None:
    for endpoint in with_body(admin.app):
        reply = admin.call(
            endpoint.method, endpoint.path, 422, json={name: 1}, headers=endpoint.headers
        )
        assert reply.errors[name[:100]] == ["unknown_field"]


@pytest.mark.threat("fields nobody asked for")
def test_parameters_that_are_not_listed_are_refused_by_name(admin: ApiClient) -> None:
    for endpoint in endpoints(admin.app):
        known = [p["name"] for p in endpoint.told["parameters"] if p["in"] == "query"]
        path = f"{endpoint.path}?surprise=1"
        reply = admin.call(endpoint.method, path, 422, headers=endpoint.headers)
        assert reply.errors["surprise"] == ["unknown_field"]
        for name in known:
            reply = admin.call(endpoint.method, f"{endpoint.path}?{name}=1&{name}=1", 422)
            assert reply.errors == {name: ["repeated"]}


BODIES: list[tuple[dict[str, Any], str]] = [
    ({"json": {"surprise": 1}}, "surprise"),
    ({"json": [1]}, "body"),
    ({"data": b"text"}, "body"),
    ({"data": b"x" * (1024 * 1024 + 1)}, "body"),
    ({"data": {"surprise": "1"}}, "surprise"),
    ({"data": {"surprise": (BytesIO(b"x"), "a.txt")}}, "surprise"),
    ({"data": b"x", "content_type": "multipart/form-data; boundary=x"}, "body"),
]


@pytest.mark.threat("fields nobody asked for")
@pytest.mark.parametrize(("options", "field"), BODIES)
def test_a_body_that_is_not_asked_for_is_refused(
    admin: ApiClient, options: dict[str, Any], field: str
) -> None:
    for endpoint in endpoints(admin.app):
        if "requestBody" not in endpoint.told:
            options = {**options, "headers": endpoint.headers}
            if isinstance(options.get("data"), dict):
                options["data"] = {name: _fresh(part) for name, part in options["data"].items()}
            reply = admin.call(endpoint.method, endpoint.path, 422, **options)
            assert reply.errors == {field: ["unknown_field"]}


def test_an_empty_object_is_no_body_and_one_in_chunks_is(admin: ApiClient) -> None:
    admin.get("/users/me", json={})
    chunks = {"input_stream": BytesIO(b'{"surprise": 1}'), "environ_overrides": CHUNKED}
    assert admin.get("/users/me", 422, **chunks).errors == {"surprise": ["unknown_field"]}


def _fresh(part: Any) -> Any:
    """`part` once more: the client closes the files that it sends."""
    return (BytesIO(b"x"), part[1]) if isinstance(part, tuple) else part


def test_fields_that_are_missing_are_named(admin: ApiClient) -> None:
    for endpoint in with_body(admin.app):
        wanted = resolved(document(admin.app), endpoint.body).get("required", [])
        if wanted:
            reply = admin.call(
                endpoint.method, endpoint.path, 422, json={}, headers=endpoint.headers
            )
            assert reply.errors == {name: ["required"] for name in wanted}


@pytest.mark.threat("fields nobody asked for")
@pytest.mark.parametrize("value", [{}, [1], 1.5, {"$gt": ""}])
def test_fields_of_another_type_are_named(admin: ApiClient, value: object) -> None:
    for endpoint in with_body(admin.app):
        fields = resolved(document(admin.app), endpoint.body)["properties"]
        reply = admin.call(
            endpoint.method,
            endpoint.path,
            422,
            json=dict.fromkeys(fields, value),
            headers=endpoint.headers,
        )
        assert set(reply.errors) >= {
            name for name, field in fields.items() if field.get("type") == "string"
        }


def test_a_nul_is_never_stored(admin: ApiClient) -> None:
    for endpoint in with_body(admin.app):
        fields = resolved(document(admin.app), endpoint.body)["properties"]
        reply = admin.ask(
            endpoint.method,
            endpoint.path,
            json=dict.fromkeys(fields, "a\0b"),
            headers=endpoint.headers,
        )
        assert reply.status in {400, 401, 410, 422} or endpoint.path == "/auth/verify-token"


def test_broken_text_in_a_query_is_422(admin: ApiClient) -> None:
    for endpoint in endpoints(admin.app):
        if endpoint.method == "GET":
            assert admin.get(f"{endpoint.path}?q=%00", 422).errors == {"q": ["broken"]}
            assert admin.get(f"{endpoint.path}?%00=q", 422).errors == {"name": ["broken"]}


def test_another_method_is_405_and_the_right_ones_are_named(admin: ApiClient) -> None:
    for endpoint in endpoints(admin.app):
        reply = admin.ask("TRACE", endpoint.path)
        assert reply.status == 405
        assert endpoint.method in reply.headers["Allow"]


def test_what_may_be_got_answers_head_without_a_body(admin: ApiClient) -> None:
    for endpoint in endpoints(admin.app):
        if endpoint.method == "GET":
            assert admin.ask("HEAD", endpoint.path).body == b""


def test_every_address_says_what_it_takes_without_a_credential(app: Flask) -> None:
    for endpoint in endpoints(app):
        reply = ApiClient(app).ask("OPTIONS", endpoint.path)
        assert (reply.status, reply.body) == (200, b"")
        assert "Content-Type" not in reply.headers
        assert endpoint.method in reply.headers["Allow"]


def test_an_address_takes_the_methods_that_the_document_tells_and_no_others(app: Flask) -> None:
    by_path: dict[str, set[str]] = {}
    for endpoint in endpoints(app):
        methods = {endpoint.method, "HEAD"} if endpoint.method == "GET" else {endpoint.method}
        by_path.setdefault(endpoint.path, {"OPTIONS"}).update(methods)
    for path, methods in by_path.items():
        for method in ("OPTIONS", "TRACE"):
            reply = ApiClient(app).ask(method, path)
            assert set(reply.headers["Allow"].split(", ")) == methods, path


def test_an_address_that_is_none_is_a_problem_too(api_client: ApiClient) -> None:
    for path in ("/nothing", "/tickets/", "/users/me/", "/..%2f", "/%ff"):
        assert api_client.get(path, 404).code == "not_found"
