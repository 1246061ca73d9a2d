"""What is left to do before a desk is ready: shown on `/admin/` until nothing is."""

from typing import NamedTuple

from flask import current_app, url_for

from portal.extensions import setting
from portal.i18n import gettext as _
from portal.mail.transport import FolderTransport
from portal.models.operations import HeartbeatName
from portal.product import Product
from portal.queries.operations import heartbeats
from portal.security import permissions
from portal.settings.setting import Group
from portal.web.people.sessions import actor


class Step(NamedTuple):
    """`url` is where it is done; empty for what the operator does on the machine."""

    text: str
    url: str
    done: bool


def checklist(*, has_colleagues: bool) -> list[Step]:
    """All steps, or none once all are done."""
    if current_app.config["DEMO"] or not permissions.can_change_settings(actor()):
        return []
    steps = list(_steps(has_colleagues))
    return [] if all(step.done for step in steps) else steps


def _steps(has_colleagues: bool) -> list[Step]:
    config = current_app.config
    backups = setting("BACKUP_MAX_AGE") is None or heartbeats.age(HeartbeatName.BACKUP) is not None
    return [
        Step(
            _("Give the desk its name"),
            url_for(".settings_identity"),
            setting("PRODUCT") != Product(),
        ),
        Step(
            _("Let mail leave: MAIL_URL names a server"),
            url_for(f".settings_{Group.MAIL}"),
            not isinstance(current_app.extensions["lodge.mail"], FolderTransport),
        ),
        Step(
            _("Have keys for second factors: ENCRYPTION_MASTER_KEY"),
            "",
            bool(config["ENCRYPTION_MASTER_KEYS"]),
        ),
        Step(
            _("Protect your account with a second factor"),
            url_for("account.security"),
            actor().has_second_factor,
        ),
        Step(
            _("Let colleagues in"),
            url_for("admin.users"),
            has_colleagues,
        ),
        Step(_("Make a backup: flask --app wsgi backup DIR"), "", backups),
    ]
