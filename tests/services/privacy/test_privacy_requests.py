"""Who may ask for what, and who has to stay because others rely on them."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import DomainError, Forbidden, LastAdmin, LastOwner
from portal.extensions import begin_write, db
from portal.models.delivery import NoticeKind, Outbox
from portal.models.people import Actor, OrganizationRole, Role, User
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.queries.privacy import privacy_requests as queries
from portal.services.organizations import organizations
from portal.services.people import users
from portal.services.privacy import privacy_requests
from portal.services.privacy.privacy_requests import UNDO_FOR
from tests import factories
from tests.cast import Cast
from tests.waiting import PATIENCE


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


def notices() -> list[str]:
    return [mail.data["kind"] for mail in db.session.scalars(select(Outbox).order_by(Outbox.id))]


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def test_one_is_made_at_a_time(desk: Cast):
    first = privacy_requests.ask_export(actor=desk.ann)
    assert privacy_requests.ask_export(actor=desk.ann) is first
    first.state = PrivacyState.RUNNING
    assert privacy_requests.ask_export(actor=desk.ann) is first
    for over in (PrivacyState.READY, PrivacyState.FAILED, PrivacyState.EXPIRED):
        first.state = over
        again = privacy_requests.ask_export(actor=desk.ann)
        assert again.id != first.id
        first = again


def test_everybody_waits_for_their_own(desk: Cast):
    assert (
        privacy_requests.ask_export(actor=desk.ann).id
        != privacy_requests.ask_export(actor=desk.bob).id
    )


def test_the_disabled_are_refused(desk: Cast):
    row(desk.ann).is_active = False
    for verb in (
        privacy_requests.ask_export,
        privacy_requests.ask_deletion,
        privacy_requests.undo_deletion,
    ):
        with pytest.raises(Forbidden):
            verb(actor=desk.ann)


def test_it_happens_in_two_weeks_and_the_owner_is_told(desk: Cast):
    request = privacy_requests.ask_deletion(actor=desk.carl)
    assert request.due_at == request.created_at + UNDO_FOR
    assert privacy_requests.ask_deletion(actor=desk.carl) is request
    assert notices() == [NoticeKind.DELETION_ASKED]


def test_undone_it_can_be_asked_for_again(desk: Cast):
    request = privacy_requests.ask_deletion(actor=desk.carl)
    assert privacy_requests.undo_deletion(actor=desk.carl)
    assert not privacy_requests.undo_deletion(actor=desk.carl)
    assert (request.state, bool(request.finished_at)) == (PrivacyState.UNDONE, True)
    assert privacy_requests.ask_deletion(actor=desk.carl).id != request.id
    assert notices()[1] == NoticeKind.DELETION_UNDONE


def test_undoing_is_of_the_own_account_alone(desk: Cast):
    privacy_requests.ask_deletion(actor=desk.carl)
    assert not privacy_requests.undo_deletion(actor=desk.ada)
    assert queries.waiting_deletion(desk.carl.id)


def test_the_last_owner_of_others_stays(desk: Cast):
    with pytest.raises(LastOwner):
        privacy_requests.ask_deletion(actor=desk.ann)
    row(desk.bob).organization_role = OrganizationRole.OWNER
    assert privacy_requests.ask_deletion(actor=desk.ann)


def test_an_owner_who_is_leaving_is_none_to_rely_on(desk: Cast):
    row(desk.bob).organization_role = OrganizationRole.OWNER
    privacy_requests.ask_deletion(actor=desk.ann)
    with pytest.raises(LastOwner):
        privacy_requests.ask_deletion(actor=desk.bob)
    with pytest.raises(LastOwner):
        organizations.leave(actor=desk.bob)
    privacy_requests.undo_deletion(actor=desk.ann)
    assert privacy_requests.ask_deletion(actor=desk.bob)


def test_an_owner_alone_takes_the_organization_along(desk: Cast):
    row(desk.bob).is_active = False
    assert privacy_requests.ask_deletion(actor=desk.ann)


def test_members_and_staff_may_go(desk: Cast):
    assert privacy_requests.ask_deletion(actor=desk.bob)
    assert privacy_requests.ask_deletion(actor=desk.sam)


def test_the_last_admin_stays_and_one_who_leaves_does_not_count(desk: Cast):
    row(desk.sue).organization_role = OrganizationRole.OWNER
    with pytest.raises(LastAdmin):
        privacy_requests.ask_deletion(actor=desk.ada)
    row(desk.sue).role = Role.ADMIN
    privacy_requests.ask_deletion(actor=desk.ada)
    with pytest.raises(LastAdmin):
        users.set_role(actor=desk.ada, user=row(desk.sue), role=Role.STAFF)
    with pytest.raises(LastAdmin):
        users.set_active(actor=desk.ada, user=row(desk.sue), active=False)


def at_once(app: Flask, *verbs: Callable[[], object]) -> list[object]:
    """Each verb in a write unit of its own, at the same moment; what it answered or raised."""
    answers: list[object] = []
    ready = threading.Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> None:
        ready.wait(PATIENCE)
        try:
            with factories.writing(app):
                answers.append(verb())
        except DomainError as error:
            answers.append(type(error))

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return answers


def test_asked_for_twice_at_once_there_is_one_request(app: Flask, cast: Cast):
    def ask() -> int:
        return privacy_requests.ask_export(actor=cast.ann).id

    assert at_once(app, ask, ask, ask) == [1, 1, 1]
    with app.app_context():
        assert len(list(db.session.scalars(select(PrivacyRequest)))) == 1


def test_two_admins_cannot_both_go_at_once(app: Flask, cast: Cast):
    with factories.writing(app):
        for person in (cast.ada, cast.sue):
            home = factories.organization(person.email, personal=True)
            user = row(person)
            user.role, user.organization_id = Role.ADMIN, home.id
            user.organization_role = OrganizationRole.OWNER
        db.session.flush()
        ada, sue = (factories.actor(row(person)) for person in (cast.ada, cast.sue))
    answers = at_once(
        app,
        lambda: privacy_requests.ask_deletion(actor=ada).kind,
        lambda: privacy_requests.ask_deletion(actor=sue).kind,
    )
    assert sorted(map(str, answers)) == sorted(["deletion", str(LastAdmin)])


def test_two_owners_cannot_both_go_at_once(app: Flask, cast: Cast):
    with factories.writing(app):
        row(cast.bob).organization_role = OrganizationRole.OWNER
        zoe = factories.user("zoe@example.com", organization_id=cast.ann.organization_id)
        zoe.organization_role = OrganizationRole.USER
    answers = at_once(
        app,
        lambda: privacy_requests.ask_deletion(actor=cast.ann).kind,
        lambda: privacy_requests.ask_deletion(actor=cast.bob).kind,
    )
    assert sorted(map(str, answers)) == sorted(["deletion", str(LastOwner)])
