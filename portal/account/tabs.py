"""The pages of the own account, in the order of their tabs."""

from collections.abc import Iterator

from flask import current_app

from portal.account import bp
from portal.i18n import lazy_gettext as _

# A page appears here as soon as its route exists.
TABS = (
    ("account.profile", _("Profile")),
    ("account.security", _("Security")),
    ("account.keys", _("API keys")),
    ("account.organization", _("Organization")),
    ("account.privacy", _("Privacy")),
    ("account.log", _("Activity")),
)


def account_tabs() -> Iterator[tuple[str, object]]:
    """(endpoint, label) of each page."""
    yield from (tab for tab in TABS if tab[0] in current_app.view_functions)


@bp.record_once
def _attach(state) -> None:  # type: ignore[no-untyped-def]
    state.app.jinja_env.globals["account_tabs"] = account_tabs
