"""The form of a rating: on a ticket's page, and behind the link in a mail."""

from portal.i18n import lazy_gettext as _
from portal.services.tickets.ratings import MAX_COMMENT
from portal.web.forms import ChoiceField, Form, TextField
from portal.web.templating.labels import RATING_LABELS


class RatingForm(Form):
    rating = ChoiceField(_("How did we do?"), pairs=tuple(RATING_LABELS.items()))
    comment = TextField(_("What was good, or could be better?"), max_length=MAX_COMMENT)
