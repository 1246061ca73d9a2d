"""Which field of an account is told to whom: decided for each field and audience, once."""

from types import SimpleNamespace

import pytest
from flask.ctx import AppContext

from portal import clock
from portal.models.people import User
from portal.queries.audience import Audience
from portal.queries.people import serializers, users
from tests.cast import Cast

# What is kept from whom. A new field has to stand here or be told.
_PRIVATE = {"phone", "inn"}
KEPT = {
    Audience.DESK_WEBHOOK: _PRIVATE,
    Audience.ORGANIZATION_WEBHOOK: _PRIVATE,
    # Where they belong is a file of its own there.
    Audience.ARCHIVE: {"id", "organization", "organization_role", "is_active"},
}
IN_ARCHIVE_ALONE = {
    "signature",
    "muted",
    "muted_on_pages",
    "last_sign_in_at",
    "after_sending",
    "shortcuts",
    "mails_as",
    "mail_stopped_at",
    "rights",
    "granted_rights",
    "away_until",
}


@pytest.mark.parametrize("audience", Audience)
def test_each_field_is_told_or_kept_on_purpose(audience: Audience) -> None:
    fields = serializers.ACCOUNT_FIELDS[audience]
    alone = IN_ARCHIVE_ALONE if audience is Audience.ARCHIVE else set()
    assert set(fields) == set(serializers.ACCOUNT) - KEPT.get(audience, set()) | alone
    assert len(fields) == len(set(fields))


@pytest.mark.parametrize("audience", Audience)
def test_an_account_has_the_fields_of_its_audience_in_their_order(audience: Audience) -> None:
    columns = {column.name: None for column in User.__table__.columns}
    known = {"id": 7, "created_at": clock.now(), "organization_id": 3, "organization_name": "Acme"}
    told = serializers.account(SimpleNamespace(**{**columns, **known}), audience)
    assert tuple(told) == serializers.ACCOUNT_FIELDS[audience]
    assert told.get("id") in ("USR000007", None)
    assert told.get("organization") in ({"id": "ORG000003", "name": "Acme"}, None)


def test_what_is_read_of_an_account_is_all_that_programs_are_told(
    context: AppContext, cast: Cast
) -> None:
    row = users.details(cast.ann.id)
    told = serializers.account(row, Audience.STAFF)
    assert (told["email"], told["organization_role"]) == (cast.ann.email, "owner")
