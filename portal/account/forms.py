"""Forms of `/account/organization`. They share a page, so each field has an explicit id."""

from portal.i18n import lazy_gettext as _
from portal.models.people import OrganizationRole
from portal.services.organizations import credentials, organizations
from portal.web.forms import ChoiceField, Form, LineField, SecretField
from portal.web.people.fields import EmailField
from portal.web.templating.labels import ORGANIZATION_ROLE_LABELS

_ROLES = tuple(reversed(ORGANIZATION_ROLE_LABELS.items()))


class NameForm(Form):
    name = LineField(
        _("Name of the organization"),
        id="organization-name",
        max_length=organizations.MAX_NAME,
        needed=True,
        render_kw={"autocomplete": "organization"},
    )


class RoleForm(Form):
    role = ChoiceField(_("Role"), pairs=_ROLES)


class InviteForm(Form):
    email = EmailField(autocomplete="off", id="invite-email")
    role = ChoiceField(
        _("Role"), pairs=_ROLES, id="invite-role", default=OrganizationRole.USER.value
    )


class CredentialForm(Form):
    """A credential for another service. The secret is never rendered again."""

    name = LineField(
        _("Name of the credential"),
        id="credential-name",
        max_length=credentials.MAX_NAME,
        needed=True,
        description=_("A name that is here already gets the new secret."),
        render_kw={"autocomplete": "off"},
    )
    secret = SecretField(
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
