"""The rail of the administration. A new page is one line here."""

from portal.admin import bp
from portal.i18n import lazy_gettext as _
from portal.i18n import lazy_pgettext
from portal.settings.setting import GROUP_LABELS
from portal.web.people.guards import permission_of
from portal.web.templating import rail
from portal.web.templating.rail import Group, Page

# Who sees a line is who may open the page: see `guards.permitted`.
GROUPS = (
    Group(
        _("Overview"),
        (
            Page("admin.index", _("Statistics"), also=("admin.reports",)),
            Page("admin.ratings", _("Ratings")),
        ),
    ),
    Group(
        _("People"),
        (
            Page("admin.users", _("People")),
            Page("admin.organizations", _("Organizations")),
            Page("admin.plans", _("Plans")),
            Page("admin.staff", lazy_pgettext("people", "Staff")),
            Page("admin.rights", _("Rights")),
            Page("admin.privacy", _("Privacy")),
        ),
    ),
    Group(
        _("Tickets"),
        (
            Page("admin.departments", _("Departments and types")),
            Page("admin.assistance", _("Learned suggestions")),
            Page("admin.table_exports", _("Exports")),
        ),
    ),
    Group(
        _("Operation"),
        (
            Page("admin.inbound_mails", _("Mail that came in")),
            Page("admin.jobs", _("Mail and jobs")),
            Page("admin.webhooks", _("Webhooks")),
            Page("admin.model", _("Language model")),
            Page("admin.actions", _("Activity")),
            Page("admin.api_requests", _("API requests")),
        ),
    ),
    Group(
        _("Settings"),
        (
            *(Page(f"admin.settings_{group}", label) for group, label in GROUP_LABELS.items()),
            Page("admin.mail_texts", _("Texts of mails")),
        ),
    ),
)

rail.attach(bp, _("Administration"), GROUPS, permission_of)
