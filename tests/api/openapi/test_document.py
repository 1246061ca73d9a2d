"""The OpenAPI document: valid, complete, and readable for those who are no programs."""

import json
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.api_client import document

URL = "/api/v1/openapi.json"


def operations(app: Flask) -> list[dict[str, Any]]:
    return [
        operation
        for path in document(app)["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    ]


def test_it_is_valid_openapi_3_1(app: Flask) -> None:
    served = app.test_client().get(URL)
    assert served.mimetype == "application/json"
    assert served.get_json()["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(served.get_json()).validate()


def test_it_is_served_anew_only_when_it_has_changed(app: Flask) -> None:
    client = app.test_client()
    etag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(URL, headers={"If-Match": etag}).status_code == 200


def test_every_operation_has_a_name_of_its_own_and_is_explained(app: Flask) -> None:
    names = [operation["operationId"] for operation in operations(app)]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in document(app)["tags"]}
    for operation in operations(app):
        assert operation["summary"].endswith(".")
        assert operation["description"]
        assert set(operation["tags"]) <= tags


def test_every_operation_says_what_credential_it_wants(app: Flask) -> None:
    for operation in operations(app):
        public = "For everybody, signed in or not." in operation["description"]
        assert bool(operation["security"]) is not public
        assert ("401" in operation["responses"]) or public


def test_every_operation_tells_its_errors_with_examples(app: Flask) -> None:
    shared = document(app)["components"]["responses"]
    for operation in operations(app):
        failures = {s: r for s, r in operation["responses"].items() if int(s) >= 400}
        assert {"422", "429", "500", "503"} <= set(failures)
        for status, reference in failures.items():
            told = shared[reference["$ref"].rpartition("/")[2]]
            example = told["content"]["application/problem+json"]["example"]
            assert (example["status"], example["code"] in told["description"]) == (
                int(status),
                True,
            )


def test_who_is_to_wait_is_told_how_long(app: Flask) -> None:
    for name, told in document(app)["components"]["responses"].items():
        waits = name.startswith(("429", "503")) or "still_running" in name
        assert ("Retry-After" in told.get("headers", {})) is waits


def test_what_a_reader_would_send_is_never_made_up(app: Flask) -> None:
    for operation in operations(app):
        for parameter in operation["parameters"]:
            assert "example" not in parameter


def test_every_parameter_is_explained(app: Flask) -> None:
    for path in document(app)["paths"].values():
        for place in path.get("parameters", ()):
            assert place["schema"]["type"]
            assert place["schema"]["examples"]
            assert place["description"]
    for operation in operations(app):
        assert all(parameter["description"] for parameter in operation["parameters"])


def test_nothing_is_told_that_nothing_refers_to(app: Flask) -> None:
    told = document(app)
    text = json.dumps(told)
    for kind in ("schemas", "responses", "headers"):
        for name in told["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text


def fields(app: Flask) -> list[tuple[str, str, dict[str, Any]]]:
    schemas = document(app)["components"]["schemas"]
    return [
        (schema, name, field)
        for schema, facts in schemas.items()
        for name, field in facts.get("properties", {}).items()
    ]


def test_every_field_is_explained_or_shown(app: Flask) -> None:
    bare = [
        f"{schema}.{name}"
        for schema, name, field in fields(app)
        if not (field.get("description") or field.get("examples") or "$ref" in str(field))
    ]
    assert [name for name in bare if not name.startswith("Problem.")] == []


@pytest.mark.parametrize("schema", ["User", "Tokens", "Problem", "SignIn"])
def test_no_object_has_fields_beside_those_listed(app: Flask, schema: str) -> None:
    assert document(app)["components"]["schemas"][schema]["additionalProperties"] is False
