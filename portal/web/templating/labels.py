"""Labels of the domain's enums and choices, in the reader's language."""

from collections.abc import ItemsView, Iterator, Mapping

from portal.i18n import lazy_gettext as _
from portal.i18n import lazy_pgettext
from portal.learning.tone import Tone
from portal.models.assistance import Target
from portal.models.delivery import ReasonNotToSend
from portal.models.operations import TableExportState
from portal.models.organizations import PlanName
from portal.models.people import AfterSending, KeyScope, MailsAs, OrganizationRole, Right, Role
from portal.models.people.shortcuts import Shortcut
from portal.models.privacy import PrivacyKind, PrivacyState
from portal.models.products import SyncState
from portal.models.tickets import (
    BulkAction,
    Channel,
    FirstType,
    Priority,
    Rating,
    ReasonReturned,
    TicketStatus,
)
from portal.queries.people.account_list import AccountState
from portal.queries.tickets import ticket_types
from portal.queries.tickets.lists.ticket_filter import Sort, View
from portal.rhythm import Every

STATUS_LABELS = {
    TicketStatus.NEW.value: lazy_pgettext("ticket", "New"),
    TicketStatus.OPEN.value: lazy_pgettext("ticket", "Open"),
    TicketStatus.PENDING.value: lazy_pgettext("ticket", "Waiting for customer"),
    TicketStatus.ON_HOLD.value: lazy_pgettext("ticket", "On hold"),
    TicketStatus.SOLVED.value: lazy_pgettext("ticket", "Solved"),
    TicketStatus.CLOSED.value: lazy_pgettext("ticket", "Closed"),
}
# As the customer reads them.
CUSTOMER_STATUS_LABELS = STATUS_LABELS | {TicketStatus.PENDING.value: _("Waiting for your reply")}
PRIORITY_LABELS = {
    int(Priority.LOW): lazy_pgettext("priority", "Low"),
    int(Priority.MEDIUM): lazy_pgettext("priority", "Medium"),
    int(Priority.HIGH): lazy_pgettext("priority", "High"),
    int(Priority.URGENT): lazy_pgettext("priority", "Urgent"),
}
STATUS_CHOICES = tuple(STATUS_LABELS.items())
TARGET_LABELS = {
    Target.TYPE: _("Type"),
    Target.DEPARTMENT: _("Department"),
    Target.PRIORITY: _("Priority"),
    Target.TAGS: _("Tags"),
}
TONE_LABELS = {
    Tone.ANGRY: _("angry"),
    Tone.UPSET: _("upset"),
    Tone.NEUTRAL: _("calm"),
    Tone.PLEASED: _("pleased"),
}
PRIORITY_CHOICES = tuple((p.word, PRIORITY_LABELS[int(p)]) for p in reversed(Priority))
# As customers choose, who cannot know what others wait for. Staff may correct it.
CUSTOMER_PRIORITY_CHOICES = (
    (Priority.LOW.word, lazy_pgettext("priority", "It can wait")),
    (Priority.MEDIUM.word, lazy_pgettext("priority", "Normal")),
    (Priority.URGENT.word, lazy_pgettext("priority", "I cannot work")),
)
PRIORITY_WORDS = {int(priority): priority.word for priority in Priority}
# What is done to many tickets.
BULK_LABELS = {
    BulkAction.ASSIGN.value: _("Assignee"),
    BulkAction.STATUS.value: _("Status"),
    BulkAction.PRIORITY.value: _("Priority"),
    BulkAction.TYPE.value: _("Type"),
    BulkAction.DEPARTMENT.value: _("Department"),
    BulkAction.TAG.value: _("Tag"),
    BulkAction.TRASH.value: _("Trash"),
    BulkAction.MACRO.value: _("Macro"),
}
# How often a report is mailed, or an export made.
EVERY_LABELS = {
    Every.DAY.value: _("every day"),
    Every.WEEK.value: _("every week"),
    Every.MONTH.value: _("every month"),
}
RATING_LABELS = {
    Rating.GOOD.value: lazy_pgettext("rating", "Good"),
    Rating.BAD.value: lazy_pgettext("rating", "Bad"),
}
FIRST_TYPE_LABELS: Mapping[str, object] = {
    FirstType.INCIDENT.value: lazy_pgettext("type of ticket", "Incident"),
    FirstType.REQUEST.value: lazy_pgettext("type of ticket", "Request"),
    FirstType.PROBLEM.value: lazy_pgettext("type of ticket", "Problem"),
    FirstType.CHANGE.value: lazy_pgettext("type of ticket", "Change"),
}


class _TypeLabels(Mapping[str, object]):
    """The names of the desk's types by their keys, as they are now."""

    def __getitem__(self, key: str) -> object:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def items(self) -> ItemsView[str, object]:
        """At once: the one that is inherited asks for all labels again at each key."""
        return self._all().items()

    def _all(self) -> dict[str, object]:
        return {row.key: row.name or FIRST_TYPE_LABELS[row.key] for row in ticket_types.known()}


TYPE_LABELS = _TypeLabels()


def type_choices(own: str | None = None) -> tuple[tuple[str, str], ...]:
    """(key, name) of what is offered, and of a ticket's own."""
    offered = {row.key for row in ticket_types.known() if row.active} | {own}
    return tuple((key, str(label)) for key, label in TYPE_LABELS.items() if key in offered)


CHANNEL_LABELS = {
    Channel.PAGE.value: _("Web page"),
    Channel.PHONE.value: _("Telephone"),
    Channel.API.value: _("API"),
    Channel.IMPORT.value: _("Import"),
    Channel.MAIL.value: _("Mail"),
}
ROLE_LABELS = {
    Role.CUSTOMER.value: _("Customer"),
    Role.STAFF.value: _("Staff"),
    Role.ADMIN.value: _("Administrator"),
}
RIGHT_LABELS = {
    Right.STATISTICS: _("See statistics"),
    Right.EXPORTS: _("Export"),
    Right.PEOPLE: _("Manage people"),
    Right.SETTINGS: _("Change settings"),
    Right.TEMPLATES: _("Change templates"),
    Right.RIGHTS: _("Give rights"),
    Right.OWN_DEPARTMENTS: _("See only own departments’ tickets"),
}
ACCOUNT_STATE_LABELS = {
    AccountState.ACTIVE.value: lazy_pgettext("account", "Active"),
    AccountState.DISABLED.value: lazy_pgettext("account", "Disabled"),
    AccountState.UNUSED.value: _("Never signed in"),
}
PLAN_LABELS = {name.value: name.upper() for name in PlanName}
ORGANIZATION_ROLE_LABELS = {
    OrganizationRole.OWNER.value: _("Owner"),
    OrganizationRole.ADMIN.value: _("Organization administrator"),
    OrganizationRole.USER.value: _("User"),
    OrganizationRole.VIEWER.value: _("Viewer"),
}
# What people say of themselves: the fields of `services.people.profile`.
FIELD_LABELS = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "username": _("Username"),
    "phone": _("Telephone"),
    "inn": _("INN"),
    "locale": _("Language"),
    "timezone": _("Time zone"),
    "signature": _("Signature"),
    "after_sending": _("After an answer"),
    "mails_as": _("Show mails as"),
    "muted": _("Mails"),
    "muted_on_pages": _("Notifications"),
}
# Each language in itself, so that its readers find it.
LANGUAGE_NAMES = (("en", "English"), ("ru", "Русский"))
AFTER_SENDING_CHOICES = (
    (AfterSending.NEXT.value, _("Go to the next ticket of the view")),
    (AfterSending.STAY.value, _("Stay at the ticket")),
    (AfterSending.LIST.value, _("Go back to the list")),
)
MAILS_AS_CHOICES = (
    (MailsAs.TEXT.value, _("Text")),
    (MailsAs.SENT.value, _("They were sent")),
)
# See `models.people.shortcuts`.
SHORTCUT_LABELS = {
    Shortcut.DOWN: _("Down the list"),
    Shortcut.UP: _("Up the list"),
    Shortcut.OPEN: _("Open the ticket"),
    Shortcut.SELECT: _("Select the ticket"),
    Shortcut.NEXT: _("Next ticket of the view"),
    Shortcut.PREVIOUS: _("Previous ticket of the view"),
    Shortcut.REPLY: _("Write an answer"),
    Shortcut.NOTE: _("Write a note"),
    Shortcut.ASSIGN: _("Assign"),
    Shortcut.STATUS: _("Set the status"),
    Shortcut.PRIORITY: _("Set the priority"),
    Shortcut.TAG: _("Set tags"),
    Shortcut.SOLVE: _("Solve, with what is written"),
    Shortcut.MACRO: _("Choose a macro"),
    Shortcut.UNDO: _("Undo"),
    Shortcut.SEARCH: _("Search"),
    Shortcut.VIEWS: _("Go to a view: this key, then its number"),
    Shortcut.HELP: _("This help"),
}
# The mails that can be declined: see `models.people.declined_mails`.
MAIL_LABELS = {
    "reply": _("Somebody answers on, or solves, one of my tickets"),
    "customer_reply": _("A customer answers on a ticket that is mine to solve"),
    "assigned": _("A ticket is given to me"),
    "mentioned": _("A note names me"),
    "answer_returned": _("An answer of mine is not sent after all, or comes back"),
}
# Of `queries.tickets.mail_reasons`, after "no mail to Ann:".
NOT_SENT_LABELS = {
    ReasonNotToSend.INTERNAL.value: _("it is an internal note"),
    ReasonNotToSend.TRASHED.value: _("the ticket is in the trash"),
    ReasonNotToSend.REOPENED.value: _("the ticket was opened again"),
    ReasonNotToSend.NO_ADDRESS.value: _("there is no address that mail can reach"),
    ReasonNotToSend.DISABLED.value: _("the account is disabled"),
    ReasonNotToSend.ADDRESS_FAILS.value: _("mails to their address come back"),
    ReasonNotToSend.DECLINED.value: _("such mails are switched off"),
    ReasonNotToSend.TOO_MANY.value: _("their address has had many mails within the hour"),
    ReasonNotToSend.NOT_VISIBLE.value: _("the ticket is not theirs to see any more"),
}
# Why an answer did not leave, after "Not sent:".
REASON_RETURNED_LABELS = {
    ReasonReturned.CUSTOMER_WROTE.value: _("the customer wrote first"),
    ReasonReturned.CANCELLED.value: _("a colleague has stopped it"),
    ReasonReturned.TICKET_CLOSED.value: _("the ticket was closed"),
    ReasonReturned.TRASHED.value: _("the ticket was in the trash"),
    ReasonReturned.AUTHOR_LEFT.value: _("its author may not answer any more"),
    ReasonReturned.RESTORED.value: _("it may have left before the backup was restored"),
}
KEY_SCOPE_LABELS = {
    KeyScope.READ.value: lazy_pgettext("access of a key", "Read"),
    KeyScope.WRITE.value: lazy_pgettext("access of a key", "Read and write"),
    KeyScope.INBOUND.value: lazy_pgettext("access of a key", "Bring mail in, nothing else"),
}
KEY_LIFETIME_LABELS = {
    "30": _("in 30 days"),
    "90": _("in 90 days"),
    "365": _("in a year"),
    "never": _("never"),
}
PRIVACY_KIND_LABELS = {
    PrivacyKind.EXPORT.value: _("Copy of the data"),
    PrivacyKind.DELETION.value: _("Deletion of the account"),
}
PRIVACY_STATE_LABELS = {
    PrivacyState.WAITING.value: lazy_pgettext("request for one's data", "Waiting"),
    PrivacyState.RUNNING.value: lazy_pgettext("request for one's data", "Being made"),
    PrivacyState.READY.value: lazy_pgettext("request for one's data", "Ready"),
    PrivacyState.FAILED.value: lazy_pgettext("request for one's data", "Failed"),
    PrivacyState.EXPIRED.value: lazy_pgettext("request for one's data", "Expired"),
    PrivacyState.UNDONE.value: lazy_pgettext("request for one's data", "Undone"),
    PrivacyState.DONE.value: lazy_pgettext("request for one's data", "Done"),
}
TABLE_EXPORT_STATE_LABELS = {
    TableExportState.WAITING.value: lazy_pgettext("export", "Waiting"),
    TableExportState.RUNNING.value: lazy_pgettext("export", "Being made"),
    TableExportState.READY.value: lazy_pgettext("export", "Ready"),
    TableExportState.FAILED.value: lazy_pgettext("export", "Failed"),
    TableExportState.CANCELLED.value: lazy_pgettext("export", "Called off"),
    TableExportState.EXPIRED.value: lazy_pgettext("export", "Expired"),
}
SYNC_STATE_LABELS = {
    SyncState.QUEUED.value: lazy_pgettext("sync", "Waiting"),
    SyncState.RUNNING.value: lazy_pgettext("sync", "Running"),
    SyncState.DONE.value: lazy_pgettext("sync", "Done"),
    SyncState.FAILED.value: lazy_pgettext("sync", "Failed"),
    SyncState.CANCELLED.value: lazy_pgettext("sync", "Called off"),
}
VIEW_LABELS = {
    View.TO_ANSWER: _("To answer"),
    View.UNSOLVED: _("Unsolved"),
    View.MINE: _("Mine"),
    View.UNASSIGNED: _("Unassigned"),
    View.ALL: _("All tickets"),
}
SORT_LABELS = {
    Sort.WAITING: _("Waiting longest"),
    Sort.UPDATED: _("Last activity"),
    Sort.IDLE: _("Longest without activity"),
    Sort.CREATED: _("Newest"),
    Sort.OLDEST: _("Oldest"),
    Sort.PRIORITY: _("Priority"),
    Sort.RELEVANCE: _("Best match"),
}
