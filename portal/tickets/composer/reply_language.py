"""Whether an answer is written in the language that its reader has chosen."""

from portal.extensions import db
from portal.i18n import gettext as _
from portal.i18n import language_name
from portal.models.people import Actor, User
from portal.models.tickets import Ticket
from portal.queries.tickets.drafts import DraftRow
from portal.services.tickets import comments
from portal.text_analysis.languages import possible_languages


def language_read(actor: Actor, ticket: Ticket, locale: str) -> str:
    """The name of the customer's language `locale`, for staff who answer; else nothing."""
    return language_name(locale) if comments.answers(actor, ticket) else ""


def remark(actor: Actor, ticket: Ticket, draft: DraftRow | None, locale: str | None = None) -> str:
    """What is said of a draft that seems to be in another language than the customer's."""
    if draft is None or draft.discarded or draft.internal or not comments.answers(actor, ticket):
        return ""
    found = possible_languages(_own_words(draft.message))
    if not found:
        return ""
    locale = locale or db.session.get_one(User, ticket.requester_id).locale
    if locale in found:
        return ""
    if len(found) > 1:
        return _("The customer reads %(theirs)s.", theirs=language_name(locale))
    return _(
        "This seems to be in %(yours)s; the customer reads %(theirs)s.",
        yours=language_name(found[0]),
        theirs=language_name(locale),
    )


def _own_words(message: str) -> str:
    """The message without what it quotes."""
    return "\n".join(line for line in message.splitlines() if not line.startswith(">"))
