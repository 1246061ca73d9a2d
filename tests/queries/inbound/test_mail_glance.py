"""Whether mail goes out and comes in, at a glance: the same as the longer reports say."""

from datetime import timedelta

import pytest

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import MailServer, OutboxState
from portal.queries.delivery import mail_server
from portal.queries.inbound.mail_glance import MailGlance, mail_glance
from tests.databases import BOTH
from tests.queries.delivery.test_outbox import add

pytestmark = [BOTH, pytest.mark.usefixtures("context")]


def test_nothing_is_owed() -> None:
    assert mail_glance() == MailGlance(
        waits=False, parked=0, is_away=False, is_silent=False, undecided=0
    )


def test_what_waits_and_what_was_given_up() -> None:
    begin_write()
    add(1)
    add(2, state=OutboxState.PARKED)
    add(3, state=OutboxState.SENT)
    assert mail_glance() == MailGlance(
        waits=True, parked=1, is_away=False, is_silent=False, undecided=0
    )


@pytest.mark.parametrize("waits", [True, False])
def test_a_server_is_away_while_mail_waits_for_it(*, waits: bool) -> None:
    begin_write()
    now = clock.now()
    since = now - timedelta(minutes=4)
    db.session.add(MailServer(id=1, failing_since=since, retry_at=now))
    db.session.flush()
    if waits:
        add(1)
    assert mail_glance().is_away is waits is mail_server.state().is_unreachable
