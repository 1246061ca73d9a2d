"""`/admin/jobs`: the state of mail, and what runs in the background: how late, and when last."""

from flask import current_app, render_template

from portal.admin import bp
from portal.admin.mail_state import mail_state
from portal.queries.operations import background
from portal.queueing import Enqueuer


@bp.get("/jobs")
def jobs() -> str:
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    return render_template(
        "admin/jobs.html",
        mail=mail_state(),
        jobs=enqueuer.health(),
        lags=background.lags(),
        runs=background.runs(),
    )
