"""Pages of administrators: statistics, staff, users, logs, ratings, privacy requests, jobs."""

from flask import Blueprint

from portal.web.people.guards import guard_admin

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(guard_admin)

from portal.admin import (  # noqa: E402, F401 - they register routes
    checklist,
    departments,
    pages,
    privacy,
    ratings,
    reports,
    statistics,
    table_exports,
    ticket_types,
)
from portal.admin.assistance import learned, model  # noqa: E402, F401
from portal.admin.inbound import (  # noqa: E402, F401
    blocked_senders,
    doctor,
    mailbox_connection,
    mailbox_trial,
    mailboxes,
    message,
    message_text,
    messages,
)
from portal.admin.operations import (  # noqa: E402, F401
    api_requests,
    jobs,
    logs,
    mail_texts,
    mail_trial,
    mails,
    settings,
)
from portal.admin.organizations import (  # noqa: E402, F401
    domains,
    overview,
    plans,
)
from portal.admin.people import (  # noqa: E402, F401
    absence,
    edit_user,
    merge_user,
    rights,
    second_factor,
    served_departments,
    staff,
    user,
    user_deletion,
    users,
)
