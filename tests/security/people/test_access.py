"""Every kind of access is known, and every occasion has decided about it.

The kinds are looked for in the schema: whoever adds a table of somebody's, or a column that sounds
like a secret, says here what it opens.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from portal.extensions import db
from portal.security.people.access import DECISIONS, Access, EndReason
from tests.architecture.source import Module, modules

pytestmark = pytest.mark.threat("sessions that outlive their end")

SECRET = re.compile(
    r"token|hash|secret|key|digest|password|code|credential|totp|prefix|epoch|print|seal|sign|lease"
    r"|nonce|salt|data|answer"
)
# Columns by table: of whom it is, and what it is known by.
HELD_IN = {
    Access.PASSWORD: {"users": "password_hash"},
    Access.AUTHENTICATOR: {"users": "totp_secret totp_counter"},
    Access.PASSKEYS: {"passkeys": "user_id credential_id public_key sign_count"},
    Access.RECOVERY_CODES: {"recovery_codes": "user_id code_hash"},
    Access.BROWSERS: {"user_sessions": "user_id token_hash epoch", "users": "epoch"},
    Access.PROGRAMS: {"refresh_families": "user_id epoch family_hash token_hash"},
    Access.API_KEYS: {"api_keys": "user_id prefix digest"},
    Access.PENDING_SIGN_INS: {"user_tokens": "user_id data"},
    Access.RESET_LINKS: {"user_tokens": "user_id data"},
    Access.EMAIL_LINKS: {"user_tokens": "user_id data"},
    Access.UNDO_LINKS: {"user_tokens": "user_id data"},
    Access.INVITATIONS: {"invitations": "invited_by_id", "organization_domains": "asked_by_id"},
    Access.WEBHOOKS: {"webhooks": "owner_id"},
}
# A signed cookie.
HELD_IN_NO_TABLE = {Access.KNOWN_BROWSERS}
OPENS_NOTHING = {
    "tells who did or wrote something": {
        "account_events": "user_id actor_id data",
        "assistance_acts": "assignee_id",
        "blocked_senders": "added_by_id",
        "comments": "author_id",
        "customer_notes": "user_id author_id",
        "drafts": "user_id model_digest",
        "inbound_messages": "user_id",
        "model_calls": "user_id",
        "product_syncs": "started_by_id",
        "returned_mails": "user_id",
        "saved_replies": "owner_id",
        "saved_views": "owner_id key",
        "scheduled_comments": "user_id",
        "search_names": "user_id",
        "ticket_events": "actor_id data",
        "notifications": "user_id",
        "ticket_reads": "user_id",
        "tickets": "requester_id assignee_id",
        "statistics_cells": "assignee_id",
        "ticket_counts": "assignee_id",
        "ticket_facts": "assignee_id answered_on",
        "unsent_attachments": "user_id",
        "users": "signature last_sign_in_at",
        "mailboxes": "signature",
    },
    "says who serves": {
        "department_members": "user_id",
        "ticket_participants": "user_id added_by_id",
        "ticket_viewers": "user_id",
        "departments": "default_assignee_id",
    },
    "opens a desk that nobody administers yet": {"desk": "setup_hash"},
    "is the organization's or the desk's, for somebody else's service or server": {
        "credentials": "secret updated_by_id",
        "mailboxes": (
            "secret oauth_client_secret refresh_token access_token access_token_expires_at"
        ),
        "webhooks": "secret former_secret",
    },
    "says which worker is at it": {
        "idempotency_keys": "lease lease_until",
        "inbound_messages": "lease",
        "outbox": "lease",
        "privacy_requests": "lease",
        "product_syncs": "lease",
        "table_exports": "lease",
        "webhook_deliveries": "lease",
    },
    "names a thing to ourselves": {
        "api_request_counts": "key_prefix",
        "api_requests": "key_prefix",
        "attachments": "storage_key",
        "bulk_change_tickets": "answer_id",
        "desk": "key",
        "inbound_messages": "storage_key fingerprint",
        "organizations": "import_key",
        "pending_attachments": "storage_key",
        # By which a move knows that nobody has changed what it has copied.
        "read_only_mode": "token",
        "settings": "storage_key",
        "thumbnails": "storage_key",
        "ticket_types": "key",
        "tickets": "import_key",
        "unsent_attachments": "storage_key",
        "webhook_deliveries": "event_key",
    },
    "is a length of time": {
        "desk": "first_answer_seconds",
        "ticket_facts": "answer_seconds",
    },
    "is how much a language model has read and written": {
        "model_calls": "tokens",
        "model_days": "tokens",
    },
    "ends what was made before, and opens nothing": {"users": "rights_epoch"},
    "proves that the log is whole": {"action_days": "hash", "actions": "digest hash"},
    "goes to whoever has the rights at that moment": {
        "bulk_changes": "token actor_id rights_epoch",
        "idempotency_keys": "digest fingerprint answer rights_epoch",
        "outbox": "user_id data",
        "privacy_requests": "user_id storage_key rights_epoch",
        "report_subscriptions": "user_id",
        "table_export_schedules": "user_id",
        "table_exports": "user_id storage_key",
        "webhook_deliveries": "user_id",
    },
}


def columns(*groups: dict[str, str]) -> set[str]:
    return {
        f"{table}.{name}"
        for group in groups
        for table, names in group.items()
        for name in names.split()
    }


def test_every_occasion_decides_about_every_kind() -> None:
    undecided = {
        why: set(Access) - (DECISIONS[why].ends | DECISIONS[why].keeps)
        for why in EndReason
        if why in DECISIONS
    }
    assert set(DECISIONS) == set(EndReason)
    assert not any(undecided.values()), undecided
    assert not [why for why, decision in DECISIONS.items() if decision.ends & decision.keeps]


def test_every_column_that_may_open_something_has_been_looked_at() -> None:
    found = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if SECRET.search(column.name)
        or any(key.target_fullname == "users.id" for key in column.foreign_keys)
    }
    assert found == columns(*HELD_IN.values(), *OPENS_NOTHING.values())


def test_every_kind_is_held_somewhere() -> None:
    assert set(HELD_IN) | HELD_IN_NO_TABLE == set(Access)


# What a person's access rests on.
GROUND = {"password_hash", "role", "is_active", "organization_role", "organization_id", "email"}
# What changes it and leaves access alone, and why that is right.
LEAVES_ACCESS = {
    ("pending_sign_ins", "begin"): "the same password, hashed anew",
    (
        "organizations",
        "move_to_personal_organization",
    ): "part of leaving and of being forgotten, which end it",
    ("erase", "_blank"): "after all of it has ended",
    ("merge_accounts", "_end"): "after all of it has ended",
    ("standing", "set_active"): "ends that of all members in one statement",
    ("email_change", "_move"): "part of moving and of taking back, which end it",
}


def changes(module: Module) -> Iterator[tuple[str, str]]:
    """Functions that set what access rests on and do not end any."""
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        sets = {
            target.attr
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute)
        }
        calls = {ast.unparse(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
        if sets & GROUND and "end_access" not in calls:
            yield module.name.rpartition(".")[2], function.name


def test_whoever_changes_what_access_rests_on_ends_it() -> None:
    services = [m for m in modules("portal") if m.name != "portal.services.people.access"]
    found = {change for module in services for change in changes(module)}
    # Rows of organizations, domains, mailboxes, tickets and documents have such columns, too.
    others = {
        ("transfer", "transfer_tickets"),
        ("merge_accounts", "_move_ticket"),
        ("domains", "set_role"),
        ("mailbox_settings", "switch"),
    }
    assert found - others == set(LEAVES_ACCESS)


# Verbs of one kind that end all of that kind.
OF_ONE_KIND = {
    # Connections of a process that ends or hears nothing: pages keep what let them in.
    "jobs.streaming.program": "streams.end_all",
    "jobs.streaming.streams": "self.end_all",
    "portal.api.people.auth": "refresh_tokens.end_all",
    "portal.services.people.api_keys": "api_keys.revoke_all",
    "portal.services.people.email_change": "tokens.end_all",
    # The link of before, to an account that nobody has used yet.
    "portal.services.people.forgotten_password": "tokens.end_all",
}


def test_nothing_else_ends_one_kind_and_forgets_the_others() -> None:
    found = {
        module.name: call
        for module in modules("portal", "jobs")
        if module.name != "portal.services.people.access"
        for call in module.calls("end_all") | module.calls("revoke_all")
    }
    assert found == OF_ONE_KIND
