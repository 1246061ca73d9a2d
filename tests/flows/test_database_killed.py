"""PostgreSQL is killed under load and started again: pages say so, and recover by themselves."""

from pathlib import Path

import pytest
from flask import Flask

from portal import clock
from portal.cli import migrations
from portal.extensions import db
from tests.cast import Cast, make_cast
from tests.conftest import MakeApp
from tests.flows.cluster import Cluster
from tests.flows.consistency import check, let_leases_run_out
from tests.flows.desk import Desk
from tests.flows.desk import desk as make_desk
from tests.flows.load import load
from tests.flows.request_log import State
from tests.servers import create_database

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_pages_say_that_it_is_away_and_recover_by_themselves(
    own_cluster: Cluster, settings: dict[str, str], another_app: MakeApp, tmp_path: Path
) -> None:
    url = create_database(own_cluster.address, "lodge")
    own = {"DATABASE_URL": url, "FILES_URL": f"file://{tmp_path}/files"}
    app = another_app(**own)
    with app.app_context():
        migrations.upgrade(app)
    with make_desk({**settings, **own}) as desk:
        kill_under_load(app, desk, own_cluster, make_cast(app))


def kill_under_load(app: Flask, desk: Desk, cluster: Cluster, cast: Cast) -> None:
    desk.open()
    before = desk.web.children()
    with load(desk.port, cast) as work:
        request_log = work.request_log
        request_log.wait_for_more(10)
        killed_at = clock.now()
        cluster.kill()
        request_log.wait_for_more(10, State.UNKNOWN)
        away = desk.answers()
        cluster.start()
        request_log.wait_for_more(10)
    with app.app_context():
        db.engine.dispose()  # the connections of the test itself, from before
    let_leases_run_out(app, killed_at)
    assert away, "the process answers without its database"
    assert request_log.statuses <= {303, 422, 503}
    assert all(e.retry_after for e in request_log.entries if e.status == 503)
    assert desk.web.children() == before
    check(app, desk, work, kills=1)
