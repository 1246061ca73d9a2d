"""The form of a note about a customer."""

from portal.i18n import lazy_gettext as _
from portal.services.organizations.customer_notes import MAX_NOTE
from portal.web.forms import Form, MessageField


class NoteForm(Form):
    text = MessageField(_("Note"), max_length=MAX_NOTE, render_kw={"rows": 3})
