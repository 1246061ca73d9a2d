"""Whatever the document allows, and much that it does not, sent by people of every role.

schemathesis makes up the requests, always the same ones. Nothing of ours may break; every answer
has to be one that the document promises, and what it forbids has to be refused.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.extensions import limiter
from tests import factories
from tests.api.api_client import document, token_of
from tests.cast import Cast
from tests.databases import BOTH, Database

pytestmark = BOTH

ROLES = ["nobody", "bob", "sam", "ada"]
EXAMPLES = 4
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# Whoever calls these is somebody else, or nobody, afterwards.
ENDING = {"logout", "change_password", "delete_user", "change_user", "remove_member"}


@pytest.fixture
def crowded(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with a few tickets, and without limits on how often one may ask."""
    monkeypatch.setattr(limiter, "enabled", False)
    for person in (cast.ann, cast.bob, cast.carl):
        ticket = factories.file_ticket(app, person)
        factories.post_comment(app, cast.sam, ticket)
    return app


def operations(app: Flask, half: int) -> Iterator[Any]:
    """Every other operation: each database is asked one half, and the next role the other."""
    schema = openapi.from_dict(document(app))
    schema.app = app
    for number, result in enumerate(schema.get_all_operations()):
        if number % 2 == half:
            yield result.ok()


@pytest.mark.parametrize("role", ROLES)
def test_nothing_breaks_and_the_document_tells_the_truth(
    crowded: Flask, cast: Cast, database: Database, role: str
) -> None:
    person = None if role == "nobody" else getattr(cast, role)
    half = (ROLES.index(role) + (database.name == "sqlite")) % 2
    for operation in operations(crowded, half):
        if person and operation.definition.raw["operationId"] in ENDING:
            continue
        headers = {"Accept-Encoding": "identity"}  # schemathesis unpacks nothing
        if person:
            headers["Authorization"] = f"Bearer {token_of(crowded, person)}"
        for mode in GenerationMode:
            ask(operation, mode, headers)


def ask(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    one()
