"""`/tickets/<number>/suggestions`: what assistance suggests, and the undo of what it did itself."""

from typing import Any, NamedTuple

from flask import Response, abort, flash, request
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Invalid, Stale
from portal.extensions import db, setting
from portal.i18n import gettext as _
from portal.i18n import language_name, ngettext
from portal.learning.tone import Tone, tone
from portal.models.assistance import Suggested, Target
from portal.models.tickets import Priority, Ticket
from portal.models.tickets.ticket import format_number
from portal.queries.assistance import earlier_answers, learnable, suggestions, waiting, wanted
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.assistance import acting
from portal.services.tickets import tags
from portal.text_analysis.languages import possible_languages
from portal.tickets import bp
from portal.tickets.presenters import suggestions_url
from portal.tickets.thread import after_change
from portal.web.change import change
from portal.web.fragments import page_or_fragment, say
from portal.web.people.sessions import actor
from portal.web.templating.labels import (
    PRIORITY_LABELS,
    TARGET_LABELS,
    TONE_LABELS,
    TYPE_LABELS,
)

_EXCERPT = 300


class SuggestionButton(NamedTuple):
    """A form with one button that sets the value; `words` spoke most for it."""

    what: str
    label: str
    field: str
    value: str
    url: str
    percent: int
    cases: int
    words: tuple[str, ...]


@bp.get("/<number>/suggestions")
def suggestions_of(number: str) -> Response:
    """For staff: the ticket's page asks for it when it is seen."""
    _require_staff()
    ticket = ticket_queries.find(actor(), number)
    shown = _shown(ticket)
    total = len(shown["buttons"])
    return page_or_fragment(
        "tickets/suggestions.html",
        "tickets/_suggestions.html",
        said=ngettext("%(num)d suggestion.", "%(num)d suggestions.", total),
        **shown,
    )


@bp.post("/<number>/suggestions/undo")
def undo_assistance(number: str) -> AnyResponse | str:
    """Set back what the desk has set by itself; `target` says which property."""
    _require_staff()
    try:
        target = Target(request.form.get("target", ""))
    except ValueError:
        raise Invalid(target="unknown") from None
    try:
        with change():
            ticket = ticket_queries.find(actor(), number, lock=True)
            acting.undo(actor=actor(), ticket=ticket, target=target)
    except Stale:
        db.session.rollback()
        flash(_("Somebody has changed it since, so it stays as it is."), "warning")
        return after_change(ticket_queries.find(actor(), number))
    say(_("It is set back, and counts against such suggestions."))
    return after_change(ticket)


def _require_staff() -> None:
    if not permissions.can_triage(actor()):
        abort(404)


def _shown(ticket: Ticket) -> dict[str, Any]:
    similar = _similar(ticket)
    reply = None
    if wanted.suggests(Suggested.REPLY) and not ticket.is_closed:
        reply = earlier_answers.best_reply(actor(), similar)
    return {
        "ticket": ticket,
        "url": f"/tickets/{ticket.number}",
        "suggestions_url": suggestions_url(actor(), ticket),
        "is_on": wanted.is_shown(),
        "acts": [_act(done) for done in waiting.acts_of(ticket.id)],
        "buttons": [] if ticket.is_closed else _buttons(ticket),
        "similar": similar if wanted.suggests(Suggested.ANSWERS) else [],
        "reply": reply,
        "tone": _tone(ticket) if wanted.suggests(Suggested.TONE) else None,
        "format_number": format_number,
        "excerpt": _EXCERPT,
    }


def _similar(ticket: Ticket) -> list[earlier_answers.SimilarTicket]:
    asked = wanted.suggests(Suggested.ANSWERS) or wanted.suggests(Suggested.REPLY)
    return earlier_answers.of_ticket(actor(), ticket) if asked else []


def _buttons(ticket: Ticket) -> list[SuggestionButton]:
    percent = setting("ASSISTANCE_SHOWN_FROM")
    found = suggestions.of_ticket(ticket, wanted.suggested_targets(), percent=percent)
    has = tags.names_of(ticket) if any(one.target is Target.TAGS for one in found) else []
    return [
        _button(ticket, one, has)
        for one in found
        if not acting.holds(ticket, one.target, one.value)
    ]


def _button(ticket: Ticket, one: suggestions.Suggestion, has: list[str]) -> SuggestionButton:
    field = str(one.target)
    value = " ".join([*has, one.value]) if one.target is Target.TAGS else one.value
    return SuggestionButton(
        what=str(TARGET_LABELS[one.target]),
        label=_label(one.target, one.value),
        field=field,
        value=value,
        url=f"/tickets/{ticket.number}/{field}",
        percent=one.rate.percent,
        cases=one.rate.cases,
        words=one.words,
    )


def _act(done: Any) -> dict[str, Any]:
    target = Target(done.target)
    names = done.value if isinstance(done.value, list) else [done.value]
    return {
        "target": str(target),
        "what": str(TARGET_LABELS[target]),
        "label": ", ".join(_label(target, name) for name in names),
        "percent": done.percent,
    }


def _label(target: Target, name: str) -> str:
    if target is Target.TYPE:
        return str(TYPE_LABELS.get(name, name))
    if target is Target.PRIORITY:
        return str(PRIORITY_LABELS[int(Priority.from_word(name))])
    return name


def _tone(ticket: Ticket) -> dict[str, Any]:
    subject, message = learnable.texts_of(ticket.id)
    found = tone(f"{subject}\n{message}")
    language = next(iter(possible_languages(f"{subject} {message}")), None)
    return {
        "label": None if found.tone is Tone.NEUTRAL else TONE_LABELS[found.tone],
        "words": found.words,
        "language": language_name(language) if language else "",
    }
