"""Forms of `/tickets`."""

from wtforms import BooleanField, HiddenField, MultipleFileField

from portal.i18n import lazy_gettext as _
from portal.models.tickets import Priority
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.ratings import MAX_COMMENT
from portal.services.tickets.tickets import MAX_SUBJECT
from portal.web.forms import ChoiceField, Form, LineField, MessageField, TextField
from portal.web.templating.labels import PRIORITY_CHOICES, RATING_LABELS


class TicketForm(Form):
    subject = LineField(_("Subject"), max_length=MAX_SUBJECT, needed=True)
    message = MessageField(
        _("Message"),
        max_length=MAX_MESSAGE,
        description=_("What happened, and what did you expect? Markdown works."),
        render_kw={"rows": 10},
    )
    priority = ChoiceField(
        _("Priority"),
        pairs=PRIORITY_CHOICES[::-1],
        default=Priority.MEDIUM.word,
    )
    attachments = MultipleFileField(_("Attachments"))


class CommentForm(Form):
    """A comment. `version` is the ticket's as the writer saw it, `status` the one to set."""

    message = MessageField(_("Message"), max_length=MAX_MESSAGE, render_kw={"rows": 6})
    internal = BooleanField(_("Internal note"))
    attachments = MultipleFileField(_("Attachments"))
    version = HiddenField()
    status = HiddenField()


class RatingForm(Form):
    rating = ChoiceField(_("How did we do?"), pairs=tuple(RATING_LABELS.items()))
    comment = TextField(_("What was good, or could be better?"), max_length=MAX_COMMENT)
