"""`@bp.serve(…)` declares an endpoint.

Audience, input, output and errors are said once; guard, parser and document read them there.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypedDict, TypeVar, Unpack

import flask_smorest
import marshmallow as ma
from flask import Response

from portal.api.authorization import Audience, EndpointSpec
from portal.api.fields import Schema
from portal.api.openapi import operations
from portal.api.request_parsing import read_inputs
from portal.errors import DomainError, Invalid
from portal.models.people import KeyScope, Right

View = TypeVar("View", bound=Callable[..., Response])
Limit = Callable[[Any], Any]


class Options(TypedDict, total=False):
    """What else `serve` may be told of an endpoint.

    `scope` is what an API key needs: reading for GET, else writing. `fails`: the domain errors that
    it raises. `headers` of the answer: name → description. `needs_version`: `If-Match` is required.
    `needs_proof`: for who has just signed in, and for no key; an endpoint that needs a proof only
    at times has ProofNeeded among `fails`. `raw`: the content type of a body that is no JSON, and
    how many bytes it may have; the view gets it as `raw=`. `right`: staff who have it call an
    endpoint for admins, too. `also`: other answers that are no errors.
    """

    status: int
    scope: KeyScope
    fails: Iterable[type[DomainError]]
    headers: dict[str, str]
    needs_version: bool
    needs_proof: bool
    raw: tuple[str, int]
    right: Right
    also: dict[int, type[Schema]]


class Blueprint(flask_smorest.Blueprint):
    """The blueprint of all endpoints."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(operations.complete_operation)

    def serve(
        self,
        method: str,
        rule: str,
        *,
        to: Audience,
        tag: str,
        gives: type[Schema] | str | None = None,
        body: type[Schema] | None = None,
        form: type[Schema] | None = None,
        query: type[Schema] | None = None,
        limits: Iterable[Limit] = (),
        **options: Unpack[Options],
    ) -> Callable[[View], View]:
        """Register a view, which gets `body=`, `form=` and `query=` checked, and path parameters.

        `gives` is the schema of the answer, or the content type of one that is no JSON. `limits`
        take the place of the limit that all endpoints share.
        """
        spec = _spec(method, to, takes_files=form is not None, options=options)

        def register(view: View) -> View:
            served = _reading(view, spec.raw, body=body, form=form, query=query)
            for other, schema in options.get("also", {}).items():
                served = self.alt_response(other, schema=schema)(served)
            served = self._answer(served, gives, spec.status)
            served.spec = served._apidoc["spec"] = spec
            served._apidoc["manual_doc"] = {"operationId": view.__name__}
            for limit in limits:
                served = limit(served)
            self.add_url_rule(rule, view.__name__, served, methods=[method], tags=[tag])
            return view

        return register

    def _answer(self, view: Any, gives: type[Schema] | str | None, status: int) -> Any:
        if isinstance(gives, str):
            binary = {"type": "string", "format": "binary", "contentMediaType": gives}
            return self.response(status, binary, content_type=gives)(view)
        return self.response(status, gives)(view)


def _spec(method: str, to: Audience, *, takes_files: bool, options: Options) -> EndpointSpec:
    return EndpointSpec(
        audience=to,
        scope=options.get("scope", KeyScope.READ if method == "GET" else KeyScope.WRITE),
        status=options.get("status", 200),
        fails=tuple(options.get("fails", ())),
        takes_files=takes_files,
        needs_version=options.get("needs_version", False),
        needs_proof=options.get("needs_proof", False),
        raw=options.get("raw"),
        right=options.get("right"),
        also=tuple(options.get("also", ())),
        answer_headers=options.get("headers", {}),
    )


# How flask-smorest calls the places.
_LOCATIONS = {"body": "json", "form": "form", "query": "query"}


def _reading(view: Any, raw: tuple[str, int] | None, **places: type[Schema] | None) -> Any:
    """`view` with what each of `places` holds as a keyword argument, and documented.

    Raises Invalid with the errors of all places.
    """
    # One instance for all requests: creating a schema takes longer than loading a body.
    schemas = {place: schema() for place, schema in places.items() if schema is not None}

    @wraps(view)
    def served(*args: Any, **kwargs: Any) -> Response:
        found = read_inputs(schemas, raw=raw[0] if raw else "")
        if found.errors:
            raise Invalid(**found.errors)
        answered: Response = view(*args, **kwargs, **found.values)
        return answered

    parameters = [_documented(place, schema) for place, schema in schemas.items()]
    if raw is not None:
        binary = {"type": "string", "format": "binary", "contentMediaType": raw[0]}
        told = {"in": "json", "schema": binary, "required": True, "content_type": raw[0]}
        parameters.append(told)
    served._apidoc = {"arguments": {"parameters": parameters, "responses": {}}}  # type: ignore[attr-defined]
    return served


def _documented(place: str, schema: ma.Schema) -> dict[str, Any]:
    """The place as flask-smorest writes it into the document."""
    told: dict[str, Any] = {"in": _LOCATIONS[place], "schema": schema, "required": True}
    if place == "form":
        told["content_type"] = "multipart/form-data"
    elif place == "body":
        told["required"] = any(field.required for field in schema.fields.values())
    return told
