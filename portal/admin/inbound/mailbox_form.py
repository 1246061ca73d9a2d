"""The form of a mailbox."""

from typing import Any

from wtforms import BooleanField, PasswordField
from wtforms.validators import ValidationError

from portal.extensions import setting
from portal.i18n import gettext, lazy_gettext, lazy_pgettext
from portal.i18n import lazy_gettext as _
from portal.models.inbound import Mailbox, MailboxWay
from portal.services.inbound import mailbox_settings as services
from portal.services.inbound.mailbox_settings import MailboxSecrets, MailboxValues
from portal.web.forms import ERROR_MESSAGES, ChoiceField, Form, LineField, TextField
from portal.web.language import offered_languages
from portal.web.people.fields import EmailField

WAY_LABELS = {
    MailboxWay.DELIVERED: lazy_gettext("A mail server or a program brings it"),
    MailboxWay.IMAP: lazy_gettext("It is fetched by IMAP"),
}
SECURITY_LABELS = {
    "tls": "TLS",
    "starttls": "STARTTLS",
    "none": lazy_pgettext("encryption", "None: on this machine alone"),
}
AUTHENTICATION_LABELS = {
    services.PASSWORD: lazy_gettext("Password"),
    "microsoft": "Microsoft 365 (OAuth 2)",
    "google": "Google (OAuth 2)",
}
_DIGITS = len(str(services.MAX_PORT))
# Needed for one way, so that the browser must not ask for it: neither required nor "optional".
_NEEDED_FOR_IMAP = {"required": None, "autocomplete": "off", "spellcheck": "false"}


class _PortField(LineField):
    """A number of a port; empty for the usual one."""

    def pre_validate(self, _form: Any) -> None:
        text = self.data or ""
        if text and not (text.isascii() and text.isdigit() and 0 < int(text) <= services.MAX_PORT):
            raise ValidationError(str(ERROR_MESSAGES["port"]))


class MailboxForm(Form):
    address = EmailField(_("Address"), autocomplete="off")
    name = LineField(
        lazy_pgettext("mailbox", "Name"),
        max_length=services.MAX_NAME,
        description=_("What answers are from, beside the address. Empty: the name of the desk."),
        render_kw={"autocomplete": "off"},
    )
    department = ChoiceField(_("Department of new tickets"), pairs=(), default="")
    language = ChoiceField(_("Language of new customers"), pairs=(), default="")
    signature = TextField(
        _("Signature"),
        max_length=services.MAX_SIGNATURE,
        description=_("Below what the staff answer by mail."),
    )
    takes_plus = BooleanField(
        _("Mail to the same address with +something before the @ arrives here, too")
    )
    way = ChoiceField(
        _("How its mail gets here"), pairs=tuple(WAY_LABELS.items()), default=MailboxWay.DELIVERED
    )
    host = LineField(
        lazy_pgettext("mailbox", "Server"),
        max_length=services.MAX_HOST,
        render_kw={**_NEEDED_FOR_IMAP, "placeholder": "imap.example.com"},
    )
    port = _PortField(
        _("Port"), max_length=_DIGITS, render_kw={"inputmode": "numeric", "autocomplete": "off"}
    )
    security = ChoiceField(_("Encryption"), pairs=tuple(SECURITY_LABELS.items()), default="tls")
    username = LineField(
        _("User name"), max_length=services.MAX_USERNAME, render_kw=_NEEDED_FOR_IMAP
    )
    password = PasswordField(
        _("Password"),
        render_kw={"autocomplete": "new-password", "maxlength": services.MAX_PASSWORD},
    )
    authentication = ChoiceField(
        _("It signs in with"),
        pairs=tuple(AUTHENTICATION_LABELS.items()),
        default=services.PASSWORD,
    )
    oauth_client_id = LineField(
        _("Client id"), max_length=services.MAX_USERNAME, render_kw=_NEEDED_FOR_IMAP
    )
    client_secret = PasswordField(
        _("Client secret"),
        render_kw={"autocomplete": "off", "maxlength": services.MAX_PASSWORD},
    )
    oauth_tenant = LineField(
        _("Tenant"),
        max_length=services.MAX_TENANT,
        description=_("Microsoft's directory: its number or domain. Empty: any."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    folder = LineField(
        _("Folder"), max_length=services.MAX_FOLDER, default="INBOX", render_kw=_NEEDED_FOR_IMAP
    )

    def __init__(self, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        names = dict.fromkeys(setting("DEPARTMENTS"))
        if mailbox and mailbox.department:
            names[mailbox.department] = None
        self.department.pairs = (("", gettext("None")), *((name, name) for name in names))
        self.language.pairs = (("", gettext("As their mail is written")), *offered_languages())
        if mailbox and mailbox.secret:
            self.password.description = gettext("Left empty, the stored one is kept.")
        if mailbox and mailbox.oauth_client_secret:
            self.client_secret.description = gettext("Left empty, the stored one is kept.")

    def values(self) -> MailboxValues:
        return MailboxValues(
            address=self.address.data or "",
            name=self.name.data or "",
            department=self.department.data or None,
            language=self.language.data or None,
            signature=self.signature.data or "",
            takes_plus=self.takes_plus.data,
            way=MailboxWay(self.way.data),
            host=self.host.data or "",
            port=int(self.port.data) if self.port.data else None,
            security=self.security.data,
            username=self.username.data or "",
            folder=self.folder.data or "",
            authentication=self.authentication.data,
            oauth_tenant=self.oauth_tenant.data or "",
            oauth_client_id=self.oauth_client_id.data or "",
        )

    def secrets(self) -> MailboxSecrets:
        return MailboxSecrets(self.password.data or "", self.client_secret.data or "")


def form_of(mailbox: Mailbox) -> MailboxForm:
    """The form with what is known, but for the password."""
    known = {name: getattr(mailbox, name) for name in MailboxValues._fields}
    texts = {name: "" if value is None else value for name, value in known.items()}
    return MailboxForm(mailbox, formdata=None, data=texts)
