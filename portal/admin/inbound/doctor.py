"""`/admin/mail/doctor`: whether mail comes, what keeps it away, and what would become of a mail."""

from typing import Any

from flask import Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.admin import bp
from portal.admin.inbound import journey
from portal.admin.inbound.messages import STATE_LABELS
from portal.errors import Invalid, TooLarge
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.inbound import dry_run, trial
from portal.mail_doctor.finding import LEVEL_LABELS, Examined
from portal.models.inbound import InboundState, MailTrial
from portal.models.inbound.mailbox import FAILURE_TEXTS
from portal.queries.inbound import health, mailboxes
from portal.web.fragments import page_or_fragment, see_other
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor, begin_change

_PAGE = "admin/inbound/doctor.html"


@bp.get("/mail/doctor")
def mail_doctor() -> Response:
    context = _context()
    said = "" if context["waits"] else _said(context["trials"])
    return page_or_fragment(_PAGE, "admin/inbound/_trials.html", said=said, **context)


def _said(trials: dict[int, MailTrial]) -> str:
    """How it ended, for who cannot see it."""
    arrived = sum(one.arrived_at is not None for one in trials.values())
    return _("Mails that have arrived: %(count)s of %(all)s.", count=arrived, all=len(trials))


@bp.post("/mail/doctor")
def examine_mail() -> str | AnyResponse:
    """Send a mail to each mailbox, or look at settings, server and DNS."""
    action = request.form.get("action")
    if action == "send":
        return _send()
    if action != "examine":
        raise Invalid(action="unknown")
    # Late: it loads a DNS client, which nothing else here needs.
    from portal.inbound import examination

    found = examination.examine(actor=actor(), begin=begin_change)
    return render_template(_PAGE, **_context(found))


def _send() -> AnyResponse:
    sent = trial.send_trials(actor(), begin_change)
    left = sum(one.error is None for one in sent)
    if not sent:
        flash(_("There is no mailbox to send to."), "warning")
    elif left:
        flash(ngettext("%(num)d mail has left.", "%(num)d mails have left.", left), "success")
    else:
        flash(_("No mail has left."), "error")
    return see_other(url_for(".mail_doctor"))


@bp.post("/mail/doctor/dry-run")
@takes_files
def dry_run_mail() -> str | tuple[str, int]:
    """Show what would become of a mail that was pasted or uploaded."""
    raw, error = _raw(), ""
    try:
        if not raw.strip():
            error = _("Paste a mail, or choose a file.")
        else:
            found = dry_run.run(raw, actor=actor(), begin=begin_change)
    except TooLarge:
        limit = dry_run.MAX_BYTES // 1024 // 1024
        error = _("A mail of at most %(limit)s MB can be tried here.", limit=limit)
    if error:
        return render_template(_PAGE, **_context(), dry_run_error=error), 422
    return render_template(
        "admin/inbound/dry_run.html",
        run=found,
        lines=journey.lines_of(found.journey),
        label=STATE_LABELS[InboundState(found.state)],
        reason=journey.reason_text(found.reason),
        signs=journey.SIGNS,
    )


def _raw() -> bytes:
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.stream.read(dry_run.MAX_BYTES + 1)
    return request.form.get("raw", "").encode("utf-8", "surrogateescape")


def _context(examined: list[Examined] | None = None) -> dict[str, Any]:
    trials = mailboxes.trials()
    return {
        "mail_in": health.health(),
        "failure_texts": FAILURE_TEXTS,
        "trials": trials,
        "waits": any(one.is_open for one in trials.values()),
        "examined": examined,
        "level_labels": LEVEL_LABELS,
    }
