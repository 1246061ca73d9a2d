"""`/auth/ask`: write to the desk without an account: one form for a ticket and the registration."""

from functools import partial

from flask import flash, render_template, request, session, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.forms import AskAtOnceForm, AskForm
from portal.auth.newcomers import ask_for_link, open_at_once
from portal.auth.sign_in_steps import SignIn
from portal.i18n import gettext as _
from portal.services.people import registration
from portal.services.people.registration import Mode
from portal.services.tickets import comments, first_tickets
from portal.services.tickets.tickets import MAX_SUBJECT
from portal.web.files import uploads
from portal.web.files.uploads import Limits
from portal.web.fragments import see_other
from portal.web.middleware.request_limits import takes_few_files
from portal.web.rate_limits import counts, limits
from portal.web.rate_limits.limit_keys import by_address

# The typed address, for the page after the form.
_EMAIL_KEY = "asked"


@bp.get("/ask")
def ask() -> str | Response | tuple[str, int]:
    """The form, with the subject from the start page; who is signed in has another one."""
    if current_user.is_authenticated:
        return see_other(url_for("tickets.new"))
    form = _form()
    form.subject.data = request.args.get("subject", "")[:MAX_SUBJECT]
    return _page(form)


@bp.post("/ask")
@limits.limited_by(limits.attempt_limits(limits.REGISTER))
@takes_few_files
def file_first() -> Response | tuple[str, int]:
    """Hold the ticket and mail a link that proves the mailbox, or file it at once."""
    form = _form()
    if registration.mode() is Mode.INVITED or not form.validate():
        return _page(form)
    counts.add(counts.Attempt.REGISTER)
    if isinstance(form, AskAtOnceForm):
        return _file_at_once(form)
    stored = uploads.store(within=_limits())  # whoever has the address
    ticket = {"subject": form.subject.data, "message": form.message.data, "uploads": stored}
    ask_for_link(form, partial(first_tickets.hold, **ticket))
    session[_EMAIL_KEY] = form.email.data
    return see_other(url_for(".asked"))


@bp.post("/ask/preview")
@limits.limited_by(limits.call_limits(limits.PREVIEW, by_address))
@takes_few_files
def preview_first() -> tuple[str, int]:
    """The message as its readers will see it; nothing is kept."""
    form = _form()
    if form.message.data and form.message.validate(form):
        return _page(form, preview=Markup(comments.render(form.message.data)))  # noqa: S704
    return _page(form)


@bp.get("/ask/sent")
def asked() -> str | Response:
    """What to do next; the same for every address."""
    if _EMAIL_KEY not in session:
        return see_other(url_for(".ask"))
    return render_template("auth/asked.html", email=session[_EMAIL_KEY])


def _file_at_once(form: AskAtOnceForm) -> Response | tuple[str, int]:
    stored = uploads.store(within=_limits())
    comments.prerender(form.message.data, subject=form.subject.data, uploads=stored)
    user = open_at_once(form)
    if user is None:
        return _page(form)
    ticket = first_tickets.file(user, form.subject.data, form.message.data, stored)
    wanted = url_for("tickets.show", number=ticket.number)
    response = SignIn(user, remembered=False, wanted=wanted).complete()
    flash(_("We have it. Your ticket %(number)s is filed.", number=ticket.number), "success")
    return response


def _limits() -> Limits:
    """Of strangers less is kept than of those who are known."""
    usual = uploads.limits()
    return Limits(
        min(usual.count, first_tickets.MAX_FILES),
        min(usual.file_bytes, first_tickets.MAX_FILE_BYTES),
        min(usual.total_bytes, first_tickets.MAX_FILES_BYTES),
    )


def _form() -> AskForm:
    return AskAtOnceForm() if registration.mode() is Mode.OPEN else AskForm()


def _page(form: AskForm, preview: str = "") -> tuple[str, int]:
    if registration.mode() is Mode.INVITED:
        return render_template("auth/by_invitation.html"), 403
    page = render_template("auth/ask.html", form=form, limits=_limits(), preview=preview)
    return page, 422 if form.errors else 200
