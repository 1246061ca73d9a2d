"""Forms of `/account/organization`. Each field has an id of its own: they share a page."""

from wtforms import TextAreaField

from portal.i18n import lazy_gettext as _
from portal.models.people import OrganizationRole
from portal.services.organizations import credentials, organizations
from portal.web.forms import ChoiceField, Form, LineField
from portal.web.people.fields import EmailField
from portal.web.templating.labels import ORGANIZATION_ROLE_LABELS

_ROLES = tuple(reversed(ORGANIZATION_ROLE_LABELS.items()))


class NameForm(Form):
    """What the organization is called."""

    name = LineField(
        _("Name of the organization"),
        id="organization-name",
        max_length=organizations.MAX_NAME,
        needed=True,
        render_kw={"autocomplete": "organization"},
    )


class RoleForm(Form):
    """What a member may do."""

    role = ChoiceField(_("Role"), pairs=_ROLES)


class InviteForm(Form):
    """Whom to ask, and as what."""

    email = EmailField(autocomplete="off", id="invite-email")
    role = ChoiceField(
        _("Role"), pairs=_ROLES, id="invite-role", default=OrganizationRole.USER.value
    )


class CredentialForm(Form):
    """A key to another service. What was typed as the secret is not sent back."""

    name = LineField(
        _("Name of the credential"),
        id="credential-name",
        max_length=credentials.MAX_NAME,
        needed=True,
        description=_("A name that is here already gets the new secret."),
        render_kw={"autocomplete": "off"},
    )
    secret = TextAreaField(
        _("Secret"),
        id="credential-secret",
        description=_(
            "A key, or the whole JSON file of a service account. It is never shown again."
        ),
        render_kw={
            "required": True,
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": credentials.MAX_SECRET_BYTES,
        },
    )
