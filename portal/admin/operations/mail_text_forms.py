"""Forms of `/admin/settings/texts`, and what the mails are called there."""

from typing import Any

from portal import mail_words
from portal.i18n import lazy_gettext as _
from portal.i18n import lazy_pgettext
from portal.mail.security_notices import NOTICES
from portal.mail_words import OwnText
from portal.services.operations import mail_texts as services
from portal.web.forms import Form, LineField, TextField

_NAMES = {
    "ticket_filed": _("A ticket was filed"),
    "reply": _("An answer to a ticket"),
    "ticket_solved": _("A ticket is solved or closed"),
    "participant_added": _("Somebody was added to a ticket"),
    "finish_registration": _("The link that opens an account"),
    "account_opened": _("An account was opened by the desk"),
    "already_registered": _("Somebody registers who has an account"),
    "reset_password": _("The link for a new password"),
    "change_email": _("The link for a new address"),
    "invitation": _("An invitation to an organization"),
    "confirm_domain": _("The link that confirms a mail domain"),
    "account_deleted": _("An account is deleted"),
    "ticket_filed_staff": _("To the staff mailbox: a new ticket"),
    "customer_reply": _("To the staff: the customer answered"),
    "assigned": _("To the staff: a ticket was assigned"),
    "mentioned": _("To the staff: named in a note"),
    "statistics_report": _("To the staff: the statistics of a week or month"),
}
_NOTICE_NAMES = {mail_words.notice_name(kind): notice for kind, notice in NOTICES.items()}
# (heading, mails with what they are called) in the order of the page.
GROUPS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (_("All mails"), {mail_words.LAYOUT: _("The frame: a line above, and below")}),
    (_("Tickets and accounts"), _NAMES),
    (
        _("Notices about accounts, organizations and the desk"),
        {name: notice.heading for name, notice in _NOTICE_NAMES.items()},
    ),
)
MAIL_NAMES: dict[str, Any] = {
    name: label for _group, names in GROUPS for name, label in names.items()
}


class MailTextForm(Form):
    """Words of one mail."""

    subject = LineField(_("Subject"), max_length=services.MAX_LINE, needed=True)
    heading = LineField(_("Heading"), max_length=services.MAX_LINE, needed=True)
    lead = TextField(
        lazy_pgettext("mail", "Text"),
        max_length=services.MAX_LEAD,
        description=_("Paragraphs with an empty line between them."),
        render_kw={"required": True},
    )
    action = LineField(_("Button"), max_length=services.MAX_ACTION, needed=True)

    def text(self) -> OwnText:
        return OwnText(*(self[name].data or "" if name in self else "" for name in OwnText._fields))


class LayoutForm(MailTextForm):
    """The frame of all mails."""

    subject = action = None  # type: ignore[assignment]
    heading = LineField(
        _("Line above"),
        max_length=services.MAX_LINE,
        description=_("Instead of the name of the desk."),
    )
    lead = TextField(
        _("Text below"),
        max_length=services.MAX_LEAD,
        description=_("Below our line that says where a reply goes: an address, an imprint."),
    )


def form_of(name: str) -> type[MailTextForm]:
    return LayoutForm if name == mail_words.LAYOUT else MailTextForm
