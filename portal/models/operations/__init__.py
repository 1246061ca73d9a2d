"""Logs, heartbeats, idempotency keys, exports, settings, the identity of the installation."""

from portal.models.operations.action import Action, ActionDay, ActionSource
from portal.models.operations.api_request import ApiRequest, ApiRequestCount
from portal.models.operations.desk import Desk
from portal.models.operations.heartbeat import Heartbeat, HeartbeatName
from portal.models.operations.idempotency_key import IdempotencyKey
from portal.models.operations.mail_text import MailText
from portal.models.operations.read_only_mode import ReadOnlyMode
from portal.models.operations.setting import SettingValue
from portal.models.operations.stored_shard import StoredShard
from portal.models.operations.table_export import (
    FileFormat,
    TableExport,
    TableExportState,
    TableKind,
)
from portal.models.operations.table_export_schedule import TableExportSchedule

__all__ = [
    "Action",
    "ActionDay",
    "ActionSource",
    "ApiRequest",
    "ApiRequestCount",
    "Desk",
    "FileFormat",
    "Heartbeat",
    "HeartbeatName",
    "IdempotencyKey",
    "MailText",
    "ReadOnlyMode",
    "SettingValue",
    "StoredShard",
    "TableExport",
    "TableExportSchedule",
    "TableExportState",
    "TableKind",
]
