"""Mail domains of an organization, on its own page and on the desk's page about it."""

from typing import Any, NamedTuple

from flask import url_for

from portal.i18n import lazy_gettext as _
from portal.models.organizations import OrganizationDomain
from portal.models.people import OrganizationRole
from portal.queries.organizations import domains as queries
from portal.services.organizations.domains import ROLES
from portal.web.forms import ChoiceField, Form
from portal.web.people.fields import EmailField
from portal.web.templating.labels import ORGANIZATION_ROLE_LABELS

ROLE_CHOICES = tuple((role.value, ORGANIZATION_ROLE_LABELS[role]) for role in ROLES)


class DomainForm(Form):
    """The address that the link goes to says which domain it is."""

    email = EmailField(_("Mail the link to"), autocomplete="off", id="domain-email")
    role = ChoiceField(
        _("New members are"),
        pairs=ROLE_CHOICES,
        id="domain-role",
        default=OrganizationRole.USER.value,
    )


class DomainRoleForm(Form):
    role = ChoiceField(_("New members are"), pairs=ROLE_CHOICES)


class DomainRow(NamedTuple):
    """A domain, and where to change it."""

    domain: OrganizationDomain
    role_label: object
    role_url: str
    remove_url: str


def domain_rows(
    organization_id: int, role_endpoint: str, remove_endpoint: str, **values: Any
) -> list[DomainRow]:
    """Those that are confirmed, and those whose link is still to be pressed."""
    return [
        DomainRow(
            row,
            ORGANIZATION_ROLE_LABELS[row.role],
            url_for(role_endpoint, domain_id=row.id, **values),
            url_for(remove_endpoint, domain_id=row.id, **values),
        )
        for row in queries.of_organization(organization_id)
    ]
