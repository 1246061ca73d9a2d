"""`/admin/mail`: mails that came in by state, mailbox and sender, and deciding about many."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.inbound import journey
from portal.admin.selection import selected_ids
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import lazy_pgettext, ngettext
from portal.models.inbound import InboundState
from portal.queries.inbound import mailboxes
from portal.queries.inbound import messages as queries
from portal.security.addresses import spellings
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.inbound import decisions
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.sessions import actor

STATE_LABELS = {
    InboundState.RECEIVED: lazy_pgettext("mail that came", "waits to be read"),
    InboundState.DONE: lazy_pgettext("mail that came", "done"),
    InboundState.HELD: lazy_pgettext("mail that came", "held"),
    InboundState.SUSPECTED: lazy_pgettext("mail that came", "suspected"),
    InboundState.FAILED: lazy_pgettext("mail that came", "failed"),
    InboundState.DISMISSED: lazy_pgettext("mail that came", "put away"),
}
# What is looked at together, by a word of the address.
_VIEWS = {
    "waiting": (lazy_pgettext("mails that came", "To decide"), queries.WAITING_FOR_STAFF),
    "held": (lazy_pgettext("mails that came", "Held"), (InboundState.HELD,)),
    "suspected": (lazy_pgettext("mails that came", "Suspected"), (InboundState.SUSPECTED,)),
    "failed": (lazy_pgettext("mails that came", "Failed"), (InboundState.FAILED,)),
    "received": (lazy_pgettext("mails that came", "To read"), (InboundState.RECEIVED,)),
    "done": (lazy_pgettext("mails that came", "Done"), (InboundState.DONE,)),
    "dismissed": (lazy_pgettext("mails that came", "Put away"), (InboundState.DISMISSED,)),
}


@bp.get("/mail")
def inbound_mails() -> str:
    """Mails of a view, the newest first; those that wait for a decision by default."""
    wanted = _wanted(request.args)
    view, cursor = wanted["view"], request.args.get("cursor", "")
    page = queries.page(_filter(wanted), cursor)
    counts = queries.counts()
    return render_template(
        "admin/inbound/messages.html",
        **wanted,
        views=[(word, label, _number(counts, states)) for word, (label, states) in _VIEWS.items()],
        mailboxes=[
            ("", _("All mailboxes")),
            *((one.id, one.address) for one in mailboxes.listed()),
        ],
        rows=page.rows,
        can_decide=any(state in queries.WAITING_FOR_STAFF for state in _VIEWS[view][1]),
        labels=STATE_LABELS,
        reason_text=journey.reason_text,
        first_url=url_for(".inbound_mails", **_chosen(wanted)) if cursor else None,
        next_url=url_for(".inbound_mails", **_chosen(wanted), cursor=page.next)
        if page.next
        else None,
    )


@bp.post("/mail")
def decide_inbound_mails() -> Response:
    """Do `action` with the mails `ids`."""
    wanted = _wanted(request.form)
    decision, ids = request.form.get("action", ""), selected_ids()
    with change():
        done = decisions.apply(actor=actor(), decision=decision, ids=ids)
    tell(decision, done)
    return see_other(url_for(".inbound_mails", **_chosen(wanted)))


def tell(decision: str, done: int) -> None:
    """Say what became of the mails that were decided about."""
    if not done:
        flash(
            _("Nothing was changed: somebody has decided meanwhile, or it is not kept as it came."),
            "warning",
        )
    elif decision == "dismiss":
        flash(ngettext("%(num)d mail is put away.", "%(num)d mails are put away.", done), "success")
    else:
        flash(
            ngettext("%(num)d mail will be read now.", "%(num)d mails will be read now.", done),
            "success",
        )


def _wanted(sent: Any) -> dict[str, str]:
    """What was chosen, by the names of the address. Raises Invalid."""
    view, mailbox = sent.get("view") or "waiting", sent.get("mailbox", "")
    if view not in _VIEWS:
        raise Invalid(view="unknown")
    if mailbox and not (mailbox.isascii() and mailbox.isdigit() and len(mailbox) < 19):
        raise Invalid(mailbox="unknown")
    return {
        "view": view,
        "mailbox": mailbox,
        "sender": sent.get("sender", "").strip()[:MAX_ADDRESS],
    }


def _filter(wanted: dict[str, str]) -> queries.MessageFilter:
    return queries.MessageFilter(
        states=_VIEWS[wanted["view"]][1],
        mailbox_id=int(wanted["mailbox"]) if wanted["mailbox"] else None,
        sender=spellings(wanted["sender"])[-1],
    )


def _chosen(wanted: dict[str, str]) -> dict[str, Any]:
    """Without what is empty, for an address."""
    return {name: value for name, value in wanted.items() if value}


def _number(counts: dict[InboundState, int], states: tuple[InboundState, ...]) -> str:
    """How many are in these states; empty where nobody has to do anything about them."""
    if not all(state in counts for state in states):
        return ""
    count = sum(counts[state] for state in states)
    return f"{queries.COUNT_CAP}+" if count >= queries.COUNT_CAP else str(count)
