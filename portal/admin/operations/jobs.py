"""`/admin/jobs`: what runs in the background, what failed, what is stored and installed."""

from flask import current_app, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal import queue_state
from portal.admin import bp
from portal.admin.operations.mail_state import mail_state
from portal.errors import NotFound
from portal.i18n import gettext as _
from portal.models.inbound.mailbox import FAILURE_TEXTS
from portal.models.operations.heartbeat import PART_SEPARATOR
from portal.queries.delivery import outbox
from portal.queries.inbound import health as inbound_health
from portal.queries.operations import background
from portal.queries.webhooks import webhooks
from portal.queueing import Enqueuer
from portal.security import permissions
from portal.web.fragments import see_other
from portal.web.operations import installed
from portal.web.people.sessions import actor


@bp.get("/jobs")
def jobs() -> str:
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    return render_template(
        "admin/operations/jobs.html",
        mail=mail_state(),
        mail_in=inbound_health.health(),
        failure_texts=FAILURE_TEXTS,
        jobs=enqueuer.health(),
        queue_version=enqueuer.server_version(),
        # A part that is not late has its line among the runs.
        lags=[lag for lag in background.lags() if lag.is_late or PART_SEPARATOR not in lag.name],
        runs=background.runs(),
        queue=queue_state.read(current_app.config["REDIS_URL"]),
        reasons=outbox.parked_reasons(),
        held=webhooks.held(),
        storage=installed.room(),
        versions=installed.versions(),
    )


@bp.post("/jobs/failed/<job_id>")
def retry_job(job_id: str) -> Response:
    """Enqueue a failed job once more: jobs are safe to run twice."""
    permissions.require(permissions.can_administer(actor()))
    if not queue_state.retry(current_app.config["REDIS_URL"], job_id):
        raise NotFound
    flash(_("The job waits for a worker again."), "success")
    return see_other(url_for(".jobs", _anchor="failed"))
