"""The OpenAPI document of the endpoints that `@bp.serve` declares."""

from typing import Any

import flask_smorest
from apispec import APISpec
from flask import Flask

from portal.api.fields import IdOr
from portal.api.openapi.components import (
    HEADERS,
    PROBLEM,
)
from portal.api.openapi.texts import (
    DESCRIPTION,
    PATH_PARAMETERS,
    TAGS,
    VERSION,
)
from portal.api.webhooks import webhook_events


class Api(flask_smorest.Api):
    """flask-smorest, without its handlers for the whole application."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: `portal.web.errors` answers errors of the API and of pages."""


def new(app: Flask) -> Api:
    """The document without endpoints: registering a blueprint adds its own."""
    # The title is the desk's name, which may change: see `full_document`.
    app.config.setdefault("API_TITLE", "")
    app.config.setdefault("API_VERSION", VERSION)
    app.config.setdefault("OPENAPI_VERSION", "3.1.0")
    api = Api(
        app,
        spec_kwargs={
            "info": {"description": DESCRIPTION, "license": {"name": "BSD-3-Clause"}},
            "servers": [{"url": "/", "description": "This desk"}],
        },
    )
    schemes = {
        "accessToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "From `POST /auth/login` or `/auth/refresh`.",
        },
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "lk_…",
            "description": "Made under Account → API keys, with the scope `read` or `write`.",
        },
    }
    assert api.ma_plugin is not None  # noqa: S101 - flask-smorest's own, made above
    api.ma_plugin.converter.add_attribute_function(_either)
    for name, scheme in schemes.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.components.schema("Problem", PROBLEM)
    for name, header in HEADERS.items():
        api.spec.components.header(name, header)
    return api


def _either(converter: Any, field: Any, **_: Any) -> dict[str, Any]:
    """What an IdOr adds to its property."""
    if not isinstance(field, IdOr):
        return {}
    ref = converter.field2property(field.ref)
    return {"oneOf": [ref, converter.resolve_nested_schema(field.schema)]}


def full_document(spec: APISpec, title: str) -> dict[str, Any]:
    """The document as it is served."""
    webhooks = webhook_events.webhooks_section(spec)
    document: dict[str, Any] = {**spec.to_dict(), "webhooks": webhooks}
    document["info"] = {**document["info"], "title": title}
    _describe_path_parameters(document)
    _drop_unused_schemas(document)
    document["tags"] = [
        {"name": tag, "description": text}
        for tag, text in TAGS.items()
        if tag in _used_tags(document)
    ]
    return document


def _describe_path_parameters(document: dict[str, Any]) -> None:
    """Add descriptions and examples; the types come from the URL rules."""
    for path in document["paths"].values():
        for place in path.get("parameters", ()):
            place["description"], example = PATH_PARAMETERS[place["name"]]
            place["schema"]["examples"] = [example]


def _drop_unused_schemas(document: dict[str, Any]) -> None:
    """Remove flask-smorest's own schemas that nothing refers to."""
    text = repr(document)
    schemas = document["components"]["schemas"]
    for name in [name for name in schemas if f"#/components/schemas/{name}'" not in text]:
        del schemas[name]


def _used_tags(document: dict[str, Any]) -> set[str]:
    operations = (o for path in document["paths"].values() for o in path.values())
    return {tag for o in operations if isinstance(o, dict) for tag in o.get("tags", ())}
