"""What both kinds of database are asked about a copy, and what a copy must not bring back."""

from collections.abc import Iterable, Sequence

from portal import clock

# The desk's own letters are sent once: what was owed when the copy was made may have left since.
_PARKED = "restored from a backup: it may have been sent since that was made"
# Who was signed in then is not signed in now, and what was mailed then opens nothing: a password
# may have been changed meanwhile. `epoch` ends what carries it, such as tokens. How the mail server
# did then says nothing of how it does now.
_FORGOTTEN = ("user_sessions", "user_tokens", "pending_registrations", "mail_server")
# In events for webhooks a reason is a word that the log has a text for.
_RESTORED = "restored"
# So these tables need not have the rows that the copy had.
AMENDED = frozenset(_FORGOTTEN)


def amendments(tables: Iterable[str]) -> list[str]:
    """Statements that make a restored database safe to open, for those tables that it has."""
    there = set(tables)
    statements = [f'DELETE FROM "{name}"' for name in _FORGOTTEN if name in there]  # noqa: S608
    if "users" in there:
        statements.append("UPDATE users SET epoch = epoch + 1")
    if "outbox" in there:
        statements.append(
            "UPDATE outbox SET state = 'parked', lease = NULL, "  # noqa: S608 - our own words
            f"error = '{_PARKED}' WHERE state = 'pending'"
        )
    if "webhook_deliveries" in there:
        statements.append(
            "UPDATE webhook_deliveries SET state = 'parked', lease = NULL, "  # noqa: S608
            f"error = '{_RESTORED}' WHERE state = 'pending'"
        )
    if "invitations" in there:
        # One that was taken back since would open again.
        statements.append(
            "UPDATE invitations SET revoked_at = CURRENT_TIMESTAMP "
            "WHERE accepted_at IS NULL AND revoked_at IS NULL"
        )
    return statements


def stamp() -> str:
    """The present moment as a manifest writes it."""
    return clock.now().isoformat(timespec="seconds")


def differences(expected: dict[str, int], found: dict[str, int]) -> Sequence[str]:
    """Tables that do not have the rows that they should have."""
    compared = expected.keys() - AMENDED
    return sorted(name for name in compared if expected[name] != found.get(name))
