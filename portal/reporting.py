"""Error reports to Sentry when SENTRY_DSN is set: where it broke, nothing about people.

Each event is built anew from a list of allowed fields, so a newer client cannot send more.
"""

import re
import sys
from typing import TYPE_CHECKING, Any

from portal import logs
from portal.errors import ConfigError

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w.-]{1,253}")
# Database errors quote values of the row.
_QUOTED = re.compile(r"(?<==\().{1,2000}?(?=\))|(?<=DETAIL:).*", re.DOTALL)
_GONE = "[redacted]"


def start(dsn: str) -> None:
    """Report records logged as errors from now on. Raises ConfigError for a malformed DSN."""
    import sentry_sdk
    from sentry_sdk.integrations.logging import LoggingIntegration
    from sentry_sdk.utils import BadDsn

    try:
        sentry_sdk.init(
            dsn,
            before_send=scrubbed,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[LoggingIntegration(level=None, sentry_logs_level=None)],
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            send_client_reports=False,
            auto_session_tracking=False,
            server_name="lodge",
        )
    except BadDsn as error:
        raise ConfigError(f"SENTRY_DSN cannot be understood: {error}") from None


def is_on() -> bool:
    return "sentry_sdk" in sys.modules


def flush(seconds: float = 2.0) -> None:
    """Wait up to `seconds` until reports have been sent, before the process ends."""
    import sentry_sdk

    sentry_sdk.flush(seconds)


def scrubbed(event: "Event", _hint: "Hint") -> "Event":
    """A copy of `event` with the allowed fields only."""
    kept: dict[str, Any] = {
        name: event[name]
        for name in ("event_id", "timestamp", "level", "platform", "logger", "environment")
        if name in event
    }
    kept["tags"] = {"request_id": logs.request_id.get()}
    entry = event.get("logentry") or {}
    # The template, not what it was filled with.
    kept["logentry"] = {"message": _without_people(str(entry.get("message", "")))}
    exceptions = (event.get("exception") or {}).get("values", [])
    kept["exception"] = {"values": [_exception(one) for one in exceptions]}
    return kept  # type: ignore[return-value]


def _exception(one: dict[str, Any]) -> dict[str, Any]:
    frames = (one.get("stacktrace") or {}).get("frames", [])
    names = ("filename", "function", "module", "lineno", "in_app")
    return {
        "type": one.get("type"),
        "module": one.get("module"),
        "value": _without_people(str(one.get("value") or "")),
        "stacktrace": {"frames": [{n: frame.get(n) for n in names} for frame in frames]},
    }


def _without_people(text: str) -> str:
    text = _QUOTED.sub(_GONE, logs.redacted(text))
    return _ADDRESS.sub(_GONE, text)[:1000]
