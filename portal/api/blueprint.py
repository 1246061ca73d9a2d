"""How an endpoint is declared: `@bp.serve(…)` says in one place all that there is to say of it.

For whom it is, what it takes and gives, how it fails: guard, parser and document read it there.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

import flask_smorest
from flask import Response

from portal.api import document_operations
from portal.api.authorization import Audience, EndpointSpec
from portal.api.fields import Schema
from portal.api.request_parsing import Parser, refuse_unexpected
from portal.errors import DomainError
from portal.models.people import KeyScope

View = TypeVar("View", bound=Callable[..., Response])
Limit = Callable[[Any], Any]


class Blueprint(flask_smorest.Blueprint):
    """The API's blueprint."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(document_operations.complete_operation)

    def serve(
        self,
        method: str,
        rule: str,
        *,
        to: Audience,
        tag: str,
        gives: type[Schema] | str | None = None,
        status: int = 200,
        body: type[Schema] | None = None,
        form: type[Schema] | None = None,
        query: type[Schema] | None = None,
        fails: Iterable[type[DomainError]] = (),
        limits: Iterable[Limit] = (),
        scope: KeyScope | None = None,
        needs_version: bool = False,
        needs_proof: bool = False,
        headers: dict[str, str] | None = None,
        also: dict[int, type[Schema]] | None = None,
    ) -> Callable[[View], View]:
        """Register a view, which gets `body=`, `form=` and `query=` checked, and path parameters.

        `gives` is the schema of the answer, or the content type of one that is no JSON. `limits`
        take the place of the limit that all endpoints share. `scope` is what a key needs: reading
        for GET, writing for all others, unless said. `needs_proof`: for who has just signed in and
        for no key; what needs it at times has ProofNeeded among `fails`. `headers` of the answer:
        name → description. `also`: other answers that are no errors.
        """
        spec = EndpointSpec(
            audience=to,
            scope=scope or (KeyScope.READ if method == "GET" else KeyScope.WRITE),
            status=status,
            fails=tuple(fails),
            takes_files=form is not None,
            needs_version=needs_version,
            needs_proof=needs_proof,
            answer_headers=headers or {},
            also=tuple(also or ()),
        )

        def register(view: View) -> View:
            served = self._checked(view, query=query, json=body, form=form)
            served = _refusing_unexpected(served, query=query is not None, body=bool(body or form))
            for other, schema in (also or {}).items():
                served = self.alt_response(other, schema=schema)(served)
            served = self._answer(served, gives, status)
            served.spec = served._apidoc["spec"] = spec
            served._apidoc["manual_doc"] = {"operationId": view.__name__}
            for limit in limits:
                served = limit(served)
            self.add_url_rule(rule, view.__name__, served, methods=[method], tags=[tag])
            return view

        return register

    def _checked(self, view: Any, **places: type[Schema] | None) -> Any:
        """`view`, given what comes in at each of `places` as its schema has it."""
        for place, schema in places.items():
            if schema is not None:
                name = "body" if place == "json" else place
                view = self._argument(view, schema, place, name)
        return view

    def _argument(self, view: Any, schema: type[Schema], place: str, name: str) -> Any:
        options: dict[str, Any] = {"location": place, "arg_name": name}
        if place == "form":
            options.update(content_type="multipart/form-data", required=True)
        elif place == "json":
            options["required"] = any(field.required for field in schema().fields.values())
        # One for all requests: making a schema takes longer than reading a body by it.
        return self.arguments(schema(), **options)(view)

    def _answer(self, view: Any, gives: type[Schema] | str | None, status: int) -> Any:
        if isinstance(gives, str):
            binary = {"type": "string", "format": "binary", "contentMediaType": gives}
            return self.response(status, binary, content_type=gives)(view)
        return self.response(status, gives)(view)


def _refusing_unexpected(view: Any, *, query: bool, body: bool) -> Any:
    """`view`, which answers nobody who sends what no schema of it looks at."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Response:
        refuse_unexpected(query=query, body=body)
        answered: Response = view(*args, **kwargs)
        return answered

    return checked
