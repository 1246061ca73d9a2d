"""The mail server refuses for a while, and the worker is killed while it sends: no mail is lost."""

import pytest
from flask import Flask

from portal import clock
from tests.cast import Cast
from tests.flows.consistency import check, count_failing, forget_pauses, let_leases_run_out
from tests.flows.desk import Desk
from tests.flows.load import load
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    # Workers that are killed while they send are tested on both kinds of database: tests/jobs.
    pytest.mark.databases("postgresql"),
]


def test_every_mail_is_sent_in_the_end(app: Flask, cast: Cast, desk: Desk) -> None:
    desk.open()
    with load(desk.port, cast, pause=0.5) as work:
        request_log = work.request_log
        request_log.wait_for_more(3)
        desk.mail.close()
        wait_for(lambda: count_failing(app) > 0, "refused")
        request_log.wait_for_more(5)
        desk.mail.open()
        forget_pauses(app)
        kill_while_sending(desk)
        let_leases_run_out(app, clock.now())
        desk.worker.start()
        request_log.wait_for_more(3)
    # Of all this the pages have not felt a thing.
    assert request_log.statuses <= {303, 422}
    forget_pauses(app)
    check(app, desk, work, kills=1)


def kill_while_sending(desk: Desk) -> None:
    """Let the mail server take a message and be slow to say so; by then the worker is gone."""
    sink = desk.mail.sink
    sink.answer_after = 1
    sink.wait_for(len(sink.taken) + 1)
    desk.worker.kill()
    sink.answer_after = 0
