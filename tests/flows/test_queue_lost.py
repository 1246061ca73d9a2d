"""The queue server is away, lost and frozen: that costs a delay and nothing else."""

import pytest
from flask import Flask

from tests.cast import Cast
from tests.flows.consistency import check
from tests.flows.desk import Desk
from tests.flows.http_browser import CastBrowser
from tests.flows.load import load
from tests.flows.request_log import State

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database; on this one there are two
    # web processes.
    pytest.mark.databases("postgresql"),
]

# A page that waits for the queue server gives up after half a second, and leaves it alone for a
# while. The rest is what a busy machine may add; who waited without end would be found.
PROMPT = 30.0


def test_work_goes_on_and_no_mail_is_lost(app: Flask, cast: Cast, desk: Desk) -> None:
    desk.mail.open()
    desk.worker.start()
    desk.start_web()
    with load(desk.port, cast) as work:
        request_log, mails = work.request_log, desk.mail.sink
        check_that_limits_hold(CastBrowser(cast.ann, desk.port))
        request_log.wait_for_more(5)
        assert mails.taken == []
        desk.start_queue()
        # Nobody helps: the worker finds its queue server, and the sweep what was not enqueued.
        mails.wait_for(1)
        request_log.wait_for_more(5)
        desk.lose_queue()
        request_log.wait_for_more(10)
        desk.start_queue()
        request_log.wait_for_more(5)
        admin = CastBrowser(cast.ada, desk.port)
        usual = admin.sign_in().seconds
        desk.queue.freeze()
        check_that_pages_are_prompt(work.staff, admin, usual)
        request_log.wait_for_more(5)
        request_log.wait_for_more(1, State.REFUSED)
        desk.queue.thaw()
    assert request_log.statuses == {303, 422}
    assert max(entry.seconds for entry in request_log.entries) < PROMPT
    check(app, desk, work)


def check_that_limits_hold(stranger: CastBrowser) -> None:
    """Without a queue server each process counts for itself, 20 links an hour, and there are up to
    two.

    A request beside the one that finds it gone is not counted, nor are those of the hour before.
    """
    stranger.read_token("/auth/forgot")
    statuses = [stranger.post("/auth/reset/guess", {}).status for _ in range(90)]
    assert set(statuses) == {410, 429}
    assert statuses.count(410) <= 82


def check_that_pages_are_prompt(staff: CastBrowser, admin: CastBrowser, usual: float) -> None:
    """Reading, the page that speaks about the queue server, and signing in, which takes `usual`
    anyway."""
    pages = [staff.get("/tickets/queue"), admin.get("/admin/")]
    assert [page.status for page in pages] == [200, 200]
    assert max(page.seconds for page in pages) < PROMPT
    assert CastBrowser(admin.actor, admin.port).sign_in().seconds < usual + PROMPT
