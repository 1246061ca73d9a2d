"""The tabs of the account's pages."""

from collections.abc import Iterator

from flask import current_app

from portal.account import bp
from portal.i18n import lazy_gettext as _
from portal.security import permissions
from portal.web.people.sessions import actor

# A page appears here as soon as its route exists.
TABS = (
    ("account.profile", _("Profile")),
    ("account.notifications", _("Notifications")),
    ("account.shortcuts", _("Shortcuts")),
    ("account.security", _("Security")),
    ("account.keys", _("API keys")),
    ("account.organization", _("Organization")),
    ("account.webhooks", _("Webhooks")),
    ("account.privacy", _("Privacy")),
    ("account.log", _("Activity")),
)
# Only for those who manage the organization.
_MANAGERS = {"account.webhooks"}
_STAFF = {"account.shortcuts"}


def account_tabs() -> Iterator[tuple[str, object]]:
    """(endpoint, label) of each tab that the reader may use."""
    hidden = {
        *(() if permissions.can_manage_organization(actor()) else _MANAGERS),
        *(() if permissions.can_triage(actor()) else _STAFF),
    }
    for endpoint, label in TABS:
        if endpoint in current_app.view_functions and endpoint not in hidden:
            yield endpoint, label


@bp.record_once
def _attach(state) -> None:  # type: ignore[no-untyped-def]
    state.app.jinja_env.globals["account_tabs"] = account_tabs
