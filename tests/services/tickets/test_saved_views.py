from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, NotFound
from portal.extensions import begin_write, db
from portal.models.people import Actor, User
from portal.models.tickets import SavedView
from portal.queries.tickets import saved_views as queries
from portal.services.tickets import saved_views
from tests.cast import Cast

URGENT = "view=unsolved&priority=urgent"


@pytest.fixture(autouse=True)
def held(app: Flask, cast: Cast) -> Iterator[None]:
    with app.app_context():
        begin_write()
        yield
        db.session.rollback()


def made(actor: Actor, name: str, **options: Any) -> SavedView:
    return saved_views.create(actor=actor, name=name, query=options.pop("query", URGENT), **options)


def names(actor: Actor) -> list[str]:
    db.session.flush()
    return [row.name for row in queries.visible(actor)]


def test_own_views_come_first_and_shared_ones_are_everybodys(cast: Cast):
    made(cast.sue, "All of us", shared=True)
    made(cast.sam, "First")
    made(cast.sam, "Second")
    made(cast.sue, "Sue's own")
    assert names(cast.sam) == ["First", "Second", "All of us"]
    assert names(cast.ada) == ["All of us"]
    assert names(cast.ann) == []


def test_a_view_keeps_a_filter_without_its_page(cast: Cast):
    view = made(cast.sam, "VAT", query="q=vat&cursor=9&view=all&sort=-priority&status=&saved=4")
    assert view.query == "view=all&q=vat&sort=-priority"
    row = queries.visible(cast.sam)[0]
    assert (row.filter.q, row.filter.sort, row.filter.saved) == ("vat", "-priority", str(view.id))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, {"name": "required"}),
        ({"name": "x" * 61}, {"name": "too_long"}),
        ({"query": "status=odd"}, {"query": "unknown"}),
        ({"query": "q=" + "x" * 201}, {"query": "unknown"}),
        ({"key": 0}, {"key": "unknown"}),
        ({"key": 10}, {"key": "unknown"}),
    ],
)
def test_what_no_view_can_be_is_refused(cast: Cast, fields: dict[str, Any], wrong: dict[str, str]):
    with pytest.raises(Invalid) as refusal:
        saved_views.create(**{"actor": cast.sam, "name": "Urgent", "query": URGENT, **fields})
    assert refusal.value.details == wrong


def test_customers_save_none(cast: Cast):
    with pytest.raises(Forbidden):
        made(cast.ann, "Mine")


def test_a_key_leads_to_one_view_of_a_kind(cast: Cast):
    view = made(cast.sam, "First", key=1)
    with pytest.raises(Invalid, match="invalid"):
        made(cast.sam, "Second", key=1)
    made(cast.sam, "Shared", key=1, shared=True)
    made(cast.sue, "Sue's", key=1)
    saved_views.change(actor=cast.sam, view=view, name="Again", shared=False, key=1)
    assert (view.name, view.key) == ("Again", 1)


def test_there_is_an_end_to_how_many_one_has(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "MAX_OWN", 1)
    view = made(cast.sam, "First")
    with pytest.raises(Invalid) as refusal:
        made(cast.sam, "Second")
    assert refusal.value.details == {"name": "too_many_views"}
    shared = made(cast.sam, "Shared", shared=True)
    with pytest.raises(Invalid):
        saved_views.change(actor=cast.sam, view=shared, name="Shared", shared=False)
    saved_views.change(actor=cast.sam, view=view, name="Renamed", shared=False)


def test_views_change_places_within_their_kind(cast: Cast):
    for name in ("One", "Two", "Three"):
        last = made(cast.sam, name)
    made(cast.sam, "Shared", shared=True)
    saved_views.move(actor=cast.sam, view=last, by=-1)
    assert names(cast.sam) == ["One", "Three", "Two", "Shared"]
    for _ in range(3):
        saved_views.move(actor=cast.sam, view=last, by=-1)
    assert names(cast.sam) == ["Three", "One", "Two", "Shared"]
    saved_views.move(actor=cast.sam, view=last, by=1)
    assert names(cast.sam) == ["One", "Three", "Two", "Shared"]


@pytest.mark.threat("foreign rows")
def test_a_view_is_changed_by_its_owner_and_a_shared_one_by_admins_too(cast: Cast):
    own, shared = made(cast.sam, "Own"), made(cast.sam, "Shared", shared=True)
    for stranger in (cast.sue, cast.ada, cast.ann):
        with pytest.raises(NotFound):
            queries.find(stranger, own.id)
    found = queries.find(cast.sue, shared.id)
    for verb, more in (
        (saved_views.change, {"name": "Mine now", "shared": False}),
        (saved_views.set_query, {"query": URGENT}),
        (saved_views.move, {"by": 1}),
        (saved_views.delete_view, {}),
    ):
        with pytest.raises(Forbidden):
            verb(actor=cast.sue, view=found, **more)  # type: ignore[operator]
    saved_views.change(actor=cast.ada, view=found, name="Renamed", shared=True)
    assert names(cast.sue) == ["Renamed"]
    saved_views.delete_view(actor=cast.ada, view=found)
    assert names(cast.sue) == []


def test_who_takes_back_a_shared_view_owns_it(cast: Cast):
    view = made(cast.sam, "Shared", shared=True)
    saved_views.change(actor=cast.ada, view=view, name="Ada's", shared=False)
    assert (names(cast.ada), names(cast.sam)) == (["Ada's"], [])


def test_what_a_filter_cannot_have_any_more_is_told_and_left_out(cast: Cast):
    view = made(cast.sam, "Old")
    view.query = "view=mine&status=snoozed&priority=urgent"
    db.session.flush()
    row = queries.visible(cast.sam)[0]
    assert row.unknown == (("status", "snoozed"),)
    assert (row.filter.view, row.filter.priority, row.filter.status) == ("mine", "urgent", "")


def test_people_organizations_and_tags_that_are_gone_are_found(cast: Cast):
    view = made(
        cast.sam,
        "Gone",
        query="assignee=USR999999&requester=USR000001&organization=ORG999999&tag=x",
    )
    wanted = queries.visible(cast.sam)[0].filter
    assert queries.gone(wanted, {cast.sam.id}) == ["assignee", "organization", "tag"]
    db.session.get_one(User, cast.ann.id).email = "usr000001@deleted.invalid"
    db.session.flush()
    assert "requester" in queries.gone(wanted, {cast.sam.id})
    saved_views.set_query(actor=cast.sam, view=view, query="assignee=me&requester=me&view=all")
    db.session.flush()
    assert queries.gone(queries.visible(cast.sam)[0].filter, set()) == []


def test_shared_views_of_somebody_who_is_erased_stay_with_the_desk(cast: Cast):
    made(cast.sam, "Own")
    made(cast.sam, "Shared", shared=True)
    saved_views.release(db.session.get_one(User, cast.sam.id))
    rows = db.session.execute(select(SavedView.name, SavedView.owner_id))
    assert [tuple(row) for row in rows] == [("Shared", None)]
    saved_views.delete_view(
        actor=cast.ada, view=queries.find(cast.ada, queries.visible(cast.ada)[0].id)
    )
