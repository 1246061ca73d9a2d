"""`/account/privacy`: export of one's data, and deletion of the account with time to undo it."""

from flask import Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.account import bp
from portal.account.confirm import prove_by_passkey, record_failed_proof
from portal.account.security import prove_by_password
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import gettext as _
from portal.models.privacy import PrivacyKind, PrivacyRequest
from portal.queries.people import second_factors
from portal.queries.privacy import privacy_requests as queries
from portal.security.people import sessions as session_rows
from portal.security.people.passkeys import are_available
from portal.services.privacy import privacy_requests as services
from portal.web.change import change
from portal.web.files import downloads
from portal.web.forms import ERROR_MESSAGES, Form
from portal.web.fragments import page_or_fragment, see_other
from portal.web.people.confirm import confirmed
from portal.web.people.fields import CurrentPasswordField
from portal.web.people.sessions import actor
from portal.web.rate_limits import limits
from portal.web.rate_limits.limit_keys import by_actor, by_session
from portal.web.templating.labels import PRIVACY_KIND_LABELS, PRIVACY_STATE_LABELS

_SHOWN = 20


class DeletionForm(Form):
    password = CurrentPasswordField()


@bp.get("/privacy")
def privacy() -> Response:
    """The page; for HTMX what changes while the export is being made."""
    return _page(DeletionForm(formdata=None))


@bp.post("/privacy/exports")
@limits.limited_by(limits.call_limits(limits.EXPORT, by_actor))
@confirmed
def ask_export() -> AnyResponse:
    with change():
        services.ask_export(actor=actor())
    flash(_("Your copy is being made. We mail you when it is ready."), "success")
    return _back()


@bp.get("/privacy/exports/<id:request_id>")
@confirmed
def download_export(request_id: int) -> AnyResponse:
    """The export, only for the person whose data it is."""
    export, key = queries.find_file(actor(), request_id)
    response = downloads.send_export(
        key, size=export.size or 0, day=f"{export.created_at:%Y-%m-%d}", by_link=True
    )
    if request.method == "GET":
        with change():
            queries.find_file(actor(), request_id)
            services.record_fetch(actor=actor())
    return response


@bp.post("/privacy/deletion")
@limits.limited_by(limits.proof_limits(by_session))
def ask_deletion() -> AnyResponse:
    """Schedule the deletion. The proof is part of this very form."""
    form = DeletionForm()
    if not _proven(form):
        return _page(form, 422)
    with change():
        services.ask_deletion(actor=actor())
    flash(_("The deletion is noted. You can call it off on this page."), "success")
    return _back()


@bp.post("/privacy/deletion/undo")
def undo_deletion() -> AnyResponse:
    with change():
        undone = services.undo_deletion(actor=actor())
    if undone:
        flash(_("Your account stays."), "success")
    return _back()


def _proven(form: DeletionForm) -> bool:
    if "credential" not in request.form:
        return bool(form.validate() and prove_by_password(form.password) is not None)
    try:
        prove_by_passkey(actor())
    except Invalid:
        record_failed_proof(actor())
        flash(str(ERROR_MESSAGES["refused"]), "error")
        return False
    session_rows.confirm(actor().session_token)
    db.session.commit()
    return True


def _page(form: DeletionForm, status: int = 200) -> Response:
    rows = queries.list_for(actor(), limit=_SHOWN)
    export = next((row for row in rows if row.kind == PrivacyKind.EXPORT), None)
    ready = export is not None and queries.may_fetch(actor(), export)
    return page_or_fragment(
        "account/privacy.html",
        "account/privacy/progress.hx.html",
        status,
        said=_copy_text(export, ready=ready),
        form=form,
        requests=rows,
        export=export,
        ready=ready,
        passkeys=are_available() and second_factors.has_passkeys(actor().id),
        kind_labels=PRIVACY_KIND_LABELS,
        state_labels=PRIVACY_STATE_LABELS,
    )


def _copy_text(export: PrivacyRequest | None, *, ready: bool) -> str:
    """What came of the copy; nothing while it is being made."""
    if export is None or export.is_open:
        return ""
    return _("Your copy is ready.") if ready else _("Your copy could not be made.")


def _back() -> AnyResponse:
    return see_other(url_for("account.privacy"))
