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
from schemathesis import Case, GenerationMode, openapi, serializer
from schemathesis.checks import CHECKS

from portal.extensions import limiter
from tests import factories
from tests.api.api_client import document, token_of
from tests.cast import Cast
from tests.databases import BOTH, Database

pytestmark = BOTH

# A mail is bytes.
serializer.alias("message/rfc822", "application/octet-stream")
ROLES = ["nobody", "bob", "sam", "ada"]
EXAMPLES = 4
# All that schemathesis looks at by itself, but for two: `ignored_auth` asks a server in a network
# (test_every_endpoint leaves the credential out), and what is right in itself may still be refused
# for its meaning, which is listed below.
SKIPPED = {"ignored_auth", "positive_data_acceptance"}
# What a request of a valid shape may be refused for, by name; anything else is too narrow a view.
MEANINGS = {
    # Each table has its own.
    "columns": {"unknown"},
    "cron": {"cron_fields", "cron_value", "cron_never", "cron_too_often"},
    # A list by name goes on after a row, which has to be there.
    "cursor": {"unknown"},
    "filter": {"unknown", "mistaken"},
    "until": {"ends_before"},
    "from": {"no_date", "too_long_range"},
    "to": {"no_date", "before_from"},
    "department": {"no_department"},
    "organization": {"not_an_organization", "unknown"},
    "assignee": {"unknown"},
    # No order of the tickets with a tag goes with a time.
    "created_since": {"not_together"},
    "updated_since": {"not_together"},
    "email": {"address", "local_part"},
    "inn": {"inn"},
    "marketplace": {"not_chosen"},
    "new_password": {"weak_password"},
    "old_password": {"wrong_password"},
    # Where accounts are opened by mail, it is chosen later.
    "password": {"weak_password", "wrong_password", "unknown_field"},
    "phone": {"phone"},
    "secret": {"json"},
    "sort": {"not_with_this"},
    # A text may hold several.
    "tags": {"too_many"},
    "timezone": {"unknown"},
    "type": {"unknown"},
    "url": {"url", "unreachable"},
    "username": {"username", "reserved"},
}
# Of any text: nothing but white space, or what no database keeps.
OF_TEXTS = {"required", "broken", "nul", "surrogate"}
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


def checks() -> list[Any]:
    """The default checks, and our own of what is accepted."""
    found = {check.__name__: check for check in CHECKS.get_all()}
    return [*(found[name] for name in found.keys() - SKIPPED), refused_for_its_meaning]


def refused_for_its_meaning(_context: Any, response: Any, case: Case) -> None:
    """A request of a valid shape is refused for a reason that is listed."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code not in {400, 413, 415, 422}:
        return
    errors = response.json()["errors"]
    for name, found in errors.items():
        allowed = MEANINGS.get(name.partition(".")[0], set()) | OF_TEXTS
        assert {error["code"] for error in found} <= allowed, (case.as_curl_command(), errors)


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
                case.call_and_validate(app=crowded, headers=headers, checks=checks())
