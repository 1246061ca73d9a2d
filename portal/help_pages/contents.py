"""What the guide has, in its order. A new page is one line here, and a file for each language.

The files are `docs/guide/<language>/<chapter>/<name>.md`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from portal.i18n import lazy_gettext as _
from portal.models.people import Right
from portal.security.permissions import has_right

# Rights that open pages of administration; the other one limits.
_OPENING = frozenset(Right) - {Right.OWN_DEPARTMENTS}


class Entry(NamedTuple):
    """A page; `about` are the endpoints, with spaces between, whose pages lead to it by "Help"."""

    name: str
    about: str = ""


class Chapter(NamedTuple):
    """Pages for those of whom `concerns` is true: `current_user`, signed in or not."""

    name: str
    label: object
    concerns: Callable[[Any], bool]
    entries: tuple[Entry, ...]


def _everybody(_user: Any) -> bool:
    return True


def _staff(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_staff)


def _admins(user: Any) -> bool:
    """Administrators, and those of the staff to whom pages of theirs are open."""
    return _staff(user) and bool(
        user.is_admin or (user.rights and any(has_right(user, right) for right in _OPENING))
    )


def _operators(user: Any) -> bool:
    return _staff(user) and bool(user.is_admin)


# What is written for fewer people is closer to them: it comes first.
CHAPTERS = (
    Chapter(
        "staff",
        _("For the staff"),
        _staff,
        (
            Entry("first-day"),
            Entry("answer-forty-tickets", "tickets.queue tickets.show"),
            Entry("find-tickets", "people.go"),
            Entry("save-a-view", "tickets.saved_views tickets.new_view"),
            Entry("suggestions", "tickets.suggestions_of"),
            Entry("saved-replies", "tickets.saved_replies tickets.new_reply tickets.choose_reply"),
            Entry("let-a-model-write"),
            Entry("work-together"),
            Entry("take-back-and-send-later"),
            Entry(
                "change-many-tickets",
                "tickets.bulk_change tickets.bulk_changes tickets.new_bulk_change",
            ),
            Entry("file-for-a-customer", "tickets.new"),
            Entry(
                "the-customer",
                "people.person people.person_log people.organization people.note "
                "people.organization_log tickets.similar_tickets",
            ),
            Entry(
                "notifications-and-absence",
                "account.notifications account.absence account.own_mails tickets.notification_list",
            ),
            Entry("mails-of-a-ticket", "tickets.message"),
            Entry("mails-as-they-were-sent", "tickets.as_sent"),
            Entry("trash", "tickets.trash"),
            Entry("keys", "account.shortcuts"),
        ),
    ),
    Chapter(
        "admins",
        _("For administrators"),
        _admins,
        (
            Entry("get-the-desk-ready"),
            Entry("last-weeks-numbers", "admin.index admin.statistics_table admin.reports"),
            Entry("ratings", "admin.ratings"),
            Entry(
                "people",
                "admin.users admin.user admin.new_user admin.edit_user admin.user_email "
                "admin.merge_user admin.second_factor admin.user_deletion",
            ),
            Entry("rights", "admin.rights admin.named_role admin.person_rights"),
            Entry("organizations", "admin.organizations admin.organization admin.plans"),
            Entry("staff-and-load", "admin.staff admin.absence admin.served_departments"),
            Entry("departments", "admin.departments admin.settings_tickets"),
            Entry("assistance", "admin.assistance"),
            Entry("take-tables-along", "admin.table_exports"),
            Entry(
                "name-and-colour",
                "admin.settings admin.settings_identity admin.settings_mail admin.settings_uploads",
            ),
            Entry("texts-of-mails", "admin.mail_texts admin.mail_text"),
            Entry("who-may-come-in", "admin.settings_access"),
            Entry("what-is-kept", "admin.settings_retention admin.privacy"),
            Entry("language-model", "admin.model admin.settings_assistance"),
            Entry("who-did-what", "admin.actions admin.api_requests"),
            Entry("mailboxes", "admin.mailboxes admin.new_mailbox admin.mailbox"),
            Entry(
                "mail-that-came-in",
                "admin.inbound_mails admin.inbound_mail admin.inbound_text admin.blocked_senders",
            ),
            Entry("when-no-mail-comes", "admin.mail_doctor"),
            Entry("mail-and-jobs", "admin.jobs admin.mails"),
        ),
    ),
    Chapter(
        "operators",
        _("For operators"),
        _operators,
        (
            Entry("first-hour"),
            Entry("settings"),
            Entry("backup"),
            Entry("upgrade"),
            Entry("watch"),
            Entry("mail-in"),
            Entry("language-model"),
            Entry("move-in"),
            Entry("grow"),
        ),
    ),
    Chapter(
        "customers",
        _("For customers"),
        _everybody,
        (
            Entry("write-to-us", "home auth.ask auth.asked tickets.new"),
            Entry("follow-a-ticket", "tickets.index tickets.show auth.rating"),
            Entry("take-part-in-a-ticket"),
            Entry("products", "account.products tickets.find_products"),
            Entry("write-with-marks"),
            Entry(
                "sign-in",
                "auth.login auth.code auth.forgot auth.reset auth.register "
                "auth.registered auth.verify auth.restore account.confirm",
            ),
            Entry(
                "my-profile",
                "account.profile account.email account.new_email account.notifications auth.report",
            ),
            Entry("secure-my-account", "account.security account.totp account.codes account.log"),
            Entry("invite-my-colleagues", "account.organization auth.invitation auth.domain"),
            Entry("export-my-data", "account.privacy"),
            Entry("fetch-my-products", "account.product_syncs"),
            Entry("connect-a-program", "account.keys"),
        ),
    ),
    # For everybody, as the reference of the API is: whoever has tickets may have programs.
    Chapter(
        "integrators",
        _("For programs"),
        _everybody,
        (
            Entry("first-request"),
            Entry("file-a-ticket"),
            Entry(
                "webhook-in-ten-minutes",
                "account.webhooks account.webhook account.webhook_delivery admin.webhooks "
                "admin.webhook admin.webhook_delivery",
            ),
            Entry("check-a-signature"),
            Entry("read-all-tickets"),
            Entry("errors-and-limits"),
        ),
    ),
)


def chapters_for(user: Any) -> tuple[Chapter, ...]:
    """Those that `user` may read."""
    return tuple(chapter for chapter in CHAPTERS if chapter.concerns(user))


def has_page(chapter: str, name: str) -> bool:
    return any(
        name == entry.name for each in CHAPTERS if each.name == chapter for entry in each.entries
    )


def place_of(endpoint: str, chapters: tuple[str, ...]) -> tuple[str, str] | None:
    """Chapter and name of the page about that endpoint, among those of `chapters`."""
    for chapter in CHAPTERS:
        for entry in chapter.entries if chapter.name in chapters else ():
            if endpoint in entry.about.split():
                return chapter.name, entry.name
    return None
