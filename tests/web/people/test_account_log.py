"""Every kind of event has its sentence, and a line never fails on what stands in it."""

from types import SimpleNamespace
from typing import Any

import pytest

from portal import clock, i18n
from portal.models.people import AccountEventKind
from portal.services.people import profile
from portal.web.people.account_log import Entry, entries


def entry(kind: str, *, actor_id: int | None = 1, reader_id: int | None = 1, **data: Any) -> Entry:
    row: Any = SimpleNamespace(
        id=1,
        user_id=1,
        actor_id=actor_id,
        kind=kind,
        address="192.0.2.1",
        user_agent="curl/8",
        data=data,
        created_at=clock.now(),
        first_name="Ann",
        last_name="Archer",
        email="ann@example.com",
        actor_first_name="Ada",
        actor_last_name="Adams",
        actor_email="ada@example.com",
    )
    with i18n.force_locale("en"):
        return entries([row], reader_id=reader_id)[0]


@pytest.mark.parametrize("kind", AccountEventKind, ids=str)
def test_every_kind_is_told_whatever_is_known_of_it(kind: AccountEventKind) -> None:
    assert entry(kind).sentence == str(kind.spec.sentence)
    entry(kind, fields=["shoe_size"], name="x", prefix="y", device="z", **{"from": "?", "to": "?"})


def test_what_a_newer_version_wrote_is_told_by_its_word() -> None:
    told = entry("turned_into_a_frog", name="Ann")
    assert (told.sentence, told.detail) == ("turned_into_a_frog", "")


def test_each_field_of_a_profile_has_its_name() -> None:
    told = {field: entry("profile_changed", fields=[field]).detail for field in profile.FIELDS}
    assert not [field for field, name in told.items() if name == field]


@pytest.mark.parametrize(
    ("kind", "data", "detail"),
    [
        ("key_made", {"name": "robot", "prefix": "lk_abcdefgh"}, "robot (lk_abcdefgh…)"),
        ("session_ended", {"device": "curl/8", "from_address": "192.0.2.7"}, "curl/8, 192.0.2.7"),
        ("profile_changed", {"fields": ["phone", "muted"]}, "Telephone, Mails"),
        ("role_changed", {"from": "customer", "to": "staff"}, "from Customer to Staff"),
        ("organization_role_changed", {"to": "viewer"}, "Viewer"),
        ("email_changed", {"from": "a@x.org", "to": "b@x.org"}, "from a@x.org to b@x.org"),
        ("passkey_added", {"name": "My phone"}, "My phone"),
    ],
)
def test_a_line_says_what_it_was_about(kind: str, data: dict[str, Any], detail: str) -> None:
    assert entry(kind, **data).detail == detail


def test_the_owner_learns_who_did_it_and_not_where_they_sat() -> None:
    by_ada = entry("disabled", actor_id=2)
    assert (by_ada.by, by_ada.address, by_ada.device) == ("Ada Adams", "", "")
    for_admins = entry("disabled", actor_id=2, reader_id=None)
    assert (for_admins.by, for_admins.address) == ("Ada Adams", "192.0.2.1")
    by_nobody = entry("sign_in_failed", actor_id=None)
    assert (by_nobody.by, by_nobody.address, by_nobody.device) == ("", "192.0.2.1", "curl/8")
