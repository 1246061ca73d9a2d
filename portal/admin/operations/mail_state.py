"""The state of mail, for `templates/admin/operations/_health.html`."""

from portal import clock
from portal.queries.delivery import mail_server, outbox


def mail_state() -> dict[str, object]:
    health = outbox.health()
    oldest, server = health.oldest_pending_at, mail_server.state()
    failing_for = server.failing_for
    failing_minutes = None if failing_for is None else int(failing_for.total_seconds()) // 60
    return {
        "pending": health.pending,
        "parked": health.parked,
        "unmade": health.uncomposable,
        "away": server.is_unreachable,
        "failing_minutes": failing_minutes,
        "error": server.error,
        "oldest_seconds": int((clock.now() - oldest).total_seconds()) if oldest else None,
    }
