"""The rail of the account. A new page is one line here."""

from portal.account import bp
from portal.i18n import lazy_gettext as _
from portal.security import permissions
from portal.web.templating import rail
from portal.web.templating.rail import Group, Page

GROUPS = (
    Group(
        _("You"),
        (
            Page("account.profile", _("Profile")),
            Page("account.notifications", _("Notifications")),
            Page("account.own_mails", _("Mails in your name"), permissions.can_be_notified),
            Page("account.shortcuts", _("Shortcuts"), permissions.can_triage),
            Page("account.absence", _("Absence"), permissions.can_triage),
            Page("account.security", _("Security"), also=("account.change_password",)),
            Page("account.privacy", _("Privacy")),
            Page("account.log", _("Activity")),
        ),
    ),
    Group(
        _("Organization"),
        (
            Page("account.organization", _("Members and name")),
            Page("account.products", _("Products"), permissions.can_have_products),
            Page("account.product_syncs", _("Marketplaces"), permissions.can_have_products),
        ),
    ),
    Group(
        _("Programs"),
        (
            Page("account.keys", _("API keys")),
            Page("account.webhooks", _("Webhooks"), permissions.can_manage_organization),
        ),
    ),
)

rail.attach(bp, _("Your account"), GROUPS)
