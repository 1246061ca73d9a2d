"""Logging for every process: one line a record, with the request's id when there is one."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class _WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # A line break in logged text must not look like a second record (ASVS 5.0 16.4.1).
        head = super().format(record)
        first, separator, trace = head.partition("\nTraceback ")
        return first.replace("\r", "\\r").replace("\n", "\\n") + separator + trace


def configure(level: str, style: str) -> None:
    """Send records of `level` and above to standard error, as `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_WithRequestId())
    line = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
    handler.setFormatter(_Json() if style == "json" else _Text(line))
    root = logging.getLogger()
    for old in [h for h in root.handlers if getattr(h, "lodge", False)]:
        root.removeHandler(old)
    handler.lodge = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(level)
    # It names each of its plugins at every start.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
