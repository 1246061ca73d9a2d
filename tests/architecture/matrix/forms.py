"""Valid form data for each endpoint, where there is any."""

from collections.abc import Mapping
from typing import Any

from tests.architecture.matrix.world import CALLED, World
from tests.cast import PASSWORD

NEW_PASSWORD = "seven quiet lamps beside a harbour"


def fields(world: World, role: str, endpoint: str) -> Mapping[str, Any]:
    """The data that `role` sends to `endpoint`; empty for one that is not listed."""
    number = world.common["number"]
    key = {"name": "second robot", "scope": "read", "expires": "30"}
    webhook = {"url": CALLED, "events": "user.created"}
    mailbox = {"host": "imap.example.com", "security": "tls", "username": "x", "folder": "INBOX"}
    person = {"first_name": "Nina", "last_name": "North", "password": NEW_PASSWORD}
    known: dict[str, Mapping[str, Any]] = {
        "account.save_shortcuts": {"key_down": "v"},
        "account.save_profile": {"locale": "en", "timezone": "UTC"},
        "account.save_notifications": {"mail": "reply"},
        "account.prove": {"password": PASSWORD},
        "account.change_email": {"email": "moved@example.com", "password": PASSWORD},
        "account.ask_deletion": {"password": PASSWORD},
        "account.change_password": {"old_password": PASSWORD, "password": NEW_PASSWORD},
        "account.create_key": key,
        "account.reset_keys": key,
        "account.rename_passkey": {"name": "Old phone"},
        "account.rename_organization": {"name": "Acme & Sons"},
        "account.put_credential": {"name": "Bank", "secret": "y"},
        "account.choose_marketplaces": {"marketplace_type": "ozon"},
        "account.check_marketplace": {"marketplace": "ozon"},
        "account.put_product_schedule": {"cron": "0 6 * * *", "zone": "Europe/Moscow"},
        "account.invite": {"email": "third@example.com", "role": "viewer"},
        **{
            f"{where}.{action}": fields
            for where in ("account", "admin")
            for action, fields in (
                ("ask_for_domain", {"email": "admin@birch.example", "role": "user"}),
                ("set_domain_role", {"role": "viewer"}),
            )
        },
        "account.set_member_role": {"role": "viewer"},
        "admin.create_department": {"name": "IT"},
        "admin.create_type": {"name": "Wish"},
        "admin.change_type": {"name": "Question", "active": "1"},
        "admin.move_type": {"by": "up"},
        "admin.save_settings_tickets": {"department_choice": "1", "type_choice": "1"},
        "admin.change_mails": {"action": "park", "ids": world.common["mail"]},
        "admin.decide_inbound_mail": {"action": "dismiss"},
        "admin.create_mailbox": {"address": "new@example.com", "way": "delivered"} | mailbox,
        "admin.change_mailbox": {"address": "sales@example.com", "way": "imap"} | mailbox,
        "admin.decide_inbound_mails": {"action": "dismiss", "ids": world.common["message_id"]},
        "admin.make_ticket_of_mail": {"email": "ann@example.com"},
        "account.answer_own_mail": {"answer": "yes"},
        "admin.block_sender": {"pattern": "@spam.example"},
        "admin.block_sender_of": {"which": "sender"},
        "admin.switch_mailbox": {"active": "0"},
        "admin.examine_mail": {"action": "send"},
        "admin.dry_run_mail": {"raw": "From: nobody@example.com\r\n\r\nHello."},
        "admin.save_settings_access": {"registration": "invited"},
        "admin.save_settings_identity": {"product_name": "Birch", "languages": "en"},
        "admin.save_settings_mail": {
            "mail_from": "desk@example.com",
            "support_email": "desk@example.com",
            "undo_send_seconds": "5",
            "mail_quoted_messages": "1",
            "mail_attachments_megabytes": "5",
        },
        "admin.save_settings_retention": {
            "ticket_retention_days": "0",
            "trash_retention_days": "30",
            "log_retention_days": "90",
            "export_retention_days": "7",
        },
        "admin.save_settings_uploads": {
            "attachment_megabytes": "10",
            "attachment_count": "5",
            "attachments_megabytes": "40",
        },
        "admin.change_table_schedule": {"every": "day", "weekday": "0", "hour": "7"},
        "admin.ask_report": {"every": "week"},
        "account.ask_report": {"every": "week"},
        "admin.ask_table_export": {"columns": "number", "format": "csv", "every": "week"},
        "admin.allow_model": {"allowed": "1"},
        "admin.set_role": {"role": "staff"},
        "admin.set_active": {"active": "0"},
        "admin.create_named_role": {"name": "Editors", "rights": "templates"},
        "admin.give_rights": {"named_role": world.common["role_id"], "rights": "exports"},
        "admin.change_named_role": {"name": "Lead", "rights": "people"},
        "admin.set_plan": {"plan": "pro"},
        "admin.save_plans": {"pro_members": "50"},
        "admin.set_organization_active": {"active": "0"},
        "admin.save_absence": {"back_on": ""},
        "account.save_absence": {"back_on": ""},
        "admin.merge_into": {"into": "ann@example.com"},
        "admin.require_second_factor": {"required": "1"},
        "admin.open_account": {"email": "opened@example.com", "role": "customer", "locale": "en"},
        "admin.save_user": {"first_name": "Cora", "locale": "en"},
        "admin.change_user_email": {"email": "cora@example.com"},
        **{
            f"{where}.{action}": fields
            for where in ("account", "admin")
            for action, fields in (
                ("create_webhook", webhook),
                ("update_webhook", webhook),
                ("switch_webhook", {"active": "0"}),
            )
        },
        "auth.ask_for_reset": {"email": "bob@example.com"},
        "auth.accept_invitation": person,
        "auth.rate": {"rating": "good"},
        "auth.finish_registration": {"password": NEW_PASSWORD},
        "auth.set_password": {"password": NEW_PASSWORD},
        "auth.sign_in": {"email": "sue@example.com", "password": PASSWORD},
        "auth.file_first": {
            "email": "nina@example.com",
            "subject": "Cold",
            "message": "It is.",
        },
        "auth.sign_up": {"email": "nina@example.com", **person},
        "tickets.create_view": {"name": "Mine to do", "query": "view=mine"},
        "tickets.change_view": {"name": "Mine to do"},
        "tickets.set_view_filter": {"query": "view=mine"},
        "tickets.move_view": {"by": "up"},
        "people.change_note": {"text": "Likes warm water."},
        "people.write_note": {"text": "Calls on Mondays."},
        "people.write_organization_note": {"text": "Moves in May."},
        "tickets.assign": {"assignee": world.common["assignee"]},
        "tickets.bulk": {"numbers": number, "action": "status:open"},
        "tickets.new_bulk_change": {"numbers": number, "action": "status:open"},
        "tickets.start_bulk_change": {
            "numbers": number,
            "action": "status:open",
            "seen_at": "2026-01-01T00:00:00+00:00",
        },
        "tickets.be_present": {"state": "gone"},
        "tickets.add_participant": {"email": "dora@elsewhere.example"},
        "tickets.comment": {"message": "Any news?"},
        "tickets.file": {"subject": "Cold again", "message": "It is.", "priority": "low"},
        "tickets.create_reply": {"name": "Bye", "message": "Bye"},
        "tickets.change_reply": {"name": "Bye", "message": "Bye"},
        "tickets.open_replies": {"message": "Any ne"},
        "tickets.save_draft": {"message": "Any ne"},
        "tickets.save_new_draft": {"subject": "Cold ag", "message": "It i"},
        "tickets.mark_read": {"read_to": "1"},
        "tickets.rate": {"rating": "good", "comment": "It is warm."},
        "tickets.send_mail_again": {"mail": world.common["mail"]},
        "tickets.undo_assistance": {"target": "department"},
        "tickets.set_priority": {"priority": "urgent"},
        "tickets.set_status": {"status": "solved"},
        "tickets.name_products": {"products": world.common["product"]},
        "tickets.set_tags": {"tags": "heating"},
        "tickets.set_type": {"type": "problem"},
        "tickets.undo": {"token": world.common["undo"]},
        "web.set_language": {"locale": "ru"},
        "web.set_theme": {"theme": "dark"},
    }
    return known.get(endpoint, {})
