"""Labels of the domain's enums and choices, in the reader's language."""

from portal.i18n import lazy_gettext as _
from portal.models.people import KeyScope, OrganizationRole, Role
from portal.models.privacy import PrivacyKind, PrivacyState
from portal.models.tickets import Channel, Priority, Rating, TicketStatus, TicketType
from portal.queries.tickets.ticket_filter import Sort, View

STATUS_LABELS = {
    TicketStatus.NEW.value: _("New"),
    TicketStatus.OPEN.value: _("Open"),
    TicketStatus.PENDING.value: _("Waiting for customer"),
    TicketStatus.ON_HOLD.value: _("On hold"),
    TicketStatus.SOLVED.value: _("Solved"),
    TicketStatus.CLOSED.value: _("Closed"),
}
# As the customer reads them.
CUSTOMER_STATUS_LABELS = STATUS_LABELS | {TicketStatus.PENDING.value: _("Waiting for your reply")}
PRIORITY_LABELS = {
    int(Priority.LOW): _("Low"),
    int(Priority.MEDIUM): _("Medium"),
    int(Priority.HIGH): _("High"),
    int(Priority.URGENT): _("Urgent"),
}
STATUS_CHOICES = tuple(STATUS_LABELS.items())
PRIORITY_CHOICES = tuple((p.word, PRIORITY_LABELS[int(p)]) for p in reversed(Priority))
PRIORITY_WORDS = {int(priority): priority.word for priority in Priority}
RATING_LABELS = {Rating.GOOD.value: _("Good"), Rating.BAD.value: _("Bad")}
TYPE_LABELS = {
    TicketType.INCIDENT.value: _("Incident"),
    TicketType.REQUEST.value: _("Request"),
    TicketType.PROBLEM.value: _("Problem"),
    TicketType.CHANGE.value: _("Change"),
}
CHANNEL_LABELS = {
    Channel.PAGE.value: _("Web page"),
    Channel.API.value: _("API"),
    Channel.IMPORT.value: _("Import"),
}
ROLE_LABELS = {
    Role.CUSTOMER.value: _("Customer"),
    Role.STAFF.value: _("Staff"),
    Role.ADMIN.value: _("Administrator"),
}
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
    "muted": _("Mails"),
}
# Each language in itself, so that its readers find it.
LANGUAGE_NAMES = (("en", "English"), ("ru", "Русский"))
# The mails that can be declined: see `services.delivery.mail_notifications`.
MAIL_LABELS = {
    "reply": _("Somebody answers on one of my tickets"),
    "customer_reply": _("A customer answers on a ticket that is mine to solve"),
    "assigned": _("A ticket is given to me"),
}
KEY_SCOPE_LABELS = {
    KeyScope.READ.value: _("Read"),
    KeyScope.WRITE.value: _("Read and write"),
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
    PrivacyState.WAITING.value: _("Waiting"),
    PrivacyState.RUNNING.value: _("Being made"),
    PrivacyState.READY.value: _("Ready"),
    PrivacyState.FAILED.value: _("Failed"),
    PrivacyState.EXPIRED.value: _("Expired"),
    PrivacyState.UNDONE.value: _("Undone"),
    PrivacyState.DONE.value: _("Done"),
}
VIEW_LABELS = {
    View.UNSOLVED: _("Unsolved"),
    View.MINE: _("Mine"),
    View.UNASSIGNED: _("Unassigned"),
    View.ALL: _("All tickets"),
}
SORT_LABELS = {
    Sort.UPDATED: _("Last activity"),
    Sort.WAITING: _("Longest without activity"),
    Sort.CREATED: _("Newest"),
    Sort.OLDEST: _("Oldest"),
    Sort.PRIORITY: _("Priority"),
}
