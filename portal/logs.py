"""Logging for every process: one line a record, with the request id when there is one.

No secret or personal address is logged on purpose. `redacted` is the second line of defence for
texts written by others: URLs with tokens, messages of exceptions, mail servers and libraries.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="-")


_GONE = "[redacted]"
# Repetitions have limits, so that hostile text costs time in proportion to its length.
_NAMES = (
    r"[a-z_]{0,40}(?:password|passwd|token|secret|secret_key|master_key|api_?key)"
    r"|(?:set-)?cookie|x-csrftoken|recovery_code|otp"
)
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s&,;'")}]+)"""
_SECRETS = (
    # The prefix of an API key is kept, as it identifies the key.
    (re.compile(r"\b(lk_[A-Za-z0-9]{8})[A-Za-z0-9]+"), r"\1…"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{16,}", re.IGNORECASE), rf"\1 {_GONE}"),
    (re.compile(r"\beyJ[\w-]{1,300}\.[\w-]{1,4000}\.[\w-]*"), _GONE),
    (re.compile(rf"""\b({_NAMES})(['"]?\s*[:=]\s*){_VALUE}""", re.IGNORECASE), rf"\1\2{_GONE}"),
    (re.compile(r"""\b(code['"]?\s*[:=]\s*['"]?)\d{6,8}\b"""), rf"\1{_GONE}"),
    # Links that were mailed, and addresses of servers with a password in them.
    (re.compile(r"(/auth/[a-z-]+/)[\w.~-]{16,}"), rf"\1{_GONE}"),
    (re.compile(r"(://[^\s:/@]{0,200}:)[^\s@/]{1,300}@"), rf"\1{_GONE}@"),
)
# Addresses of people and of clients that were rate-limited: retention does not reach log files,
# and account and mail have rows of their own in the database. Keys of rate limits contain the
# client's address.
_PEOPLE = (
    (re.compile(r"(?<![\w.+'/-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[address]"),
    (re.compile(r"\b(address:)[0-9A-Fa-f.:/]{2,50}"), r"\1[redacted]"),
)


def redacted(text: str) -> str:
    """`text` without credentials and mail or network addresses, as far as patterns find them."""
    for pattern, instead in (*_SECRETS, *_PEOPLE):
        text = pattern.sub(instead, text)
    return text


class _WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


# `extra` of records whose exception is for error reports alone: many come at once, and the message
# says it all.
ONE_LINE = {"one_line": True}


def _without_trace(record: logging.LogRecord) -> logging.LogRecord:
    """`record`; a copy without its exception if it is to be one line."""
    if not getattr(record, "one_line", False):
        return record
    short = copy(record)
    short.exc_info = short.exc_text = None
    return short


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        record = _without_trace(record)
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "request_id": getattr(record, "request_id", "-"),
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = redacted(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # A line break in logged text must not look like a second record (ASVS 5.0 16.4.1).
        head = redacted(super().format(_without_trace(record)))
        first, separator, trace = head.partition("\nTraceback ")
        return first.replace("\r", "\\r").replace("\n", "\\n") + separator + trace


@contextmanager
def bind_request_id(name: str | None) -> Iterator[None]:
    """Give log records of the block this request id; None keeps the current one."""
    token = request_id.set(name or request_id.get())
    try:
        yield
    finally:
        request_id.reset(token)


def adopt(logger: logging.Logger) -> None:
    """Remove a logger's own handlers, so that its records use our format."""
    logger.handlers.clear()
    logger.propagate = True


def configure(level: str, style: str) -> None:
    """Log records of `level` and above to standard error, as `text` or `json`."""
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
    # It logs each of its plugins at every start.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
