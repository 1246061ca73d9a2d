"""Whatever the document allows, and much that it does not, sent by people of every role.

schemathesis makes up the requests, always the same ones. Nothing of ours may break; every answer
has to be one that the document promises, and what it forbids has to be refused.
"""

import json
from functools import cache
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


@cache
def operations(text: str) -> list[Any]:
    """All that a document, as JSON, has."""
    return [result.ok() for result in openapi.from_dict(json.loads(text)).get_all_operations()]


@cache
def cases(text: str, number: int, mode: GenerationMode) -> list[Case]:
    """The requests made up for an operation: the same for each role, so they are made up once."""
    made: list[Case] = []

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operations(text)[number].as_strategy(generation_mode=mode))
    def one(case: Case) -> None:
        made.append(case)

    one()
    return made


@pytest.mark.parametrize("role", ROLES)
def test_nothing_breaks_and_the_document_tells_the_truth(
    crowded: Flask, cast: Cast, database: Database, role: str
) -> None:
    """Each database is asked one half of the operations, and by the next role the other."""
    person = None if role == "nobody" else getattr(cast, role)
    half = (ROLES.index(role) + (database.name == "sqlite")) % 2
    text = json.dumps(document(crowded))
    for number, operation in enumerate(operations(text)):
        if number % 2 != half:
            continue
        if person and operation.definition.raw["operationId"] in ENDING:
            continue
        headers = {"Accept-Encoding": "identity"}  # schemathesis unpacks nothing
        if person:
            headers["Authorization"] = f"Bearer {token_of(crowded, person)}"
        for mode in GenerationMode:
            for case in cases(text, number, mode):
                case.call_and_validate(app=crowded, headers=headers, checks=CHECKS)
