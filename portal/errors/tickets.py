"""What keeps somebody from reading or changing tickets."""

from portal.errors.base import DomainError, _


class TicketClosed(DomainError):
    """A closed ticket is final: nothing is added to it."""

    code = "ticket_closed"
    status = 409
    sentence = _("This ticket is closed, and closed is final. Please file a new one.")


class NotSolved(DomainError):
    """The action needs a solved ticket."""

    code = "not_solved"
    status = 409
    sentence = _("A ticket can be rated once it is solved, and this one is not.")


class Stale(DomainError):
    """Somebody else changed the ticket since; `details["since"]` is the version the writer saw."""

    code = "stale"
    status = 409
    detail = _("Read the newest state, then try again.")


class AssigneeAway(DomainError):
    """The person is away, and gets no new tickets."""

    code = "assignee_away"
    status = 409
    sentence = _("This person is away and gets no new tickets. Choose somebody else, or nobody.")


class AlreadySent(DomainError):
    """An answer that was to be taken back has left, or was taken back already."""

    code = "already_sent"
    status = 409
    sentence = _("Too late: this answer has left, or was taken back already.")


class TooLateToUndo(DomainError):
    """The time in which a change of many tickets can be undone is over, or nothing was changed."""

    code = "too_late_to_undo"
    status = 409
    sentence = _("Too late: this cannot be undone any more, and the tickets stay as they are.")


class MacroOutdated(DomainError):
    """A macro asks for somebody or something that is no more; `details["field"]` names what."""

    code = "macro_outdated"
    status = 409
    sentence = _(
        "This macro asks for somebody or something that is no more, so nothing was done. Change it "
        "first."
    )


class TooBroad(DomainError):
    """The database would have to read too much to answer a search."""

    code = "too_broad"
    status = 422
    sentence = _(
        "This search would have to read too many tickets. Narrow it: name a status, a person or a "
        "word."
    )
