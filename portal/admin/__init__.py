"""Pages of administrators: statistics, staff, users, logs, ratings, privacy requests, jobs."""

from flask import Blueprint

from portal.web.people.guards import guard_admin

bp = Blueprint("admin", __name__, url_prefix="/admin")
bp.before_request(guard_admin)

from portal.admin import (  # noqa: E402, F401 - they register routes
    absence,
    api_requests,
    checklist,
    departments,
    edit_user,
    jobs,
    logs,
    mail_texts,
    mail_trial,
    mails,
    merge_user,
    organizations,
    pages,
    privacy,
    ratings,
    rights,
    second_factor,
    settings,
    staff,
    statistics,
    table_exports,
    user,
    user_deletion,
    users,
)
