"""How long a text may be stands once, where it is kept: pages, API and commands read it there."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from portal.help_pages import search
from portal.models.inbound import Mailbox
from portal.models.operations import ApiRequest, MailText
from portal.models.organizations import Credential, Organization
from portal.models.people import ApiKey, NamedRole, Passkey, PendingRegistration, User
from portal.models.tickets import Department, Draft, SavedReply, SavedView, Tag, Ticket
from portal.models.tickets.tag import MAX_LENGTH as MAX_TAG
from portal.models.tickets.ticket import MAX_DEPARTMENT
from portal.models.webhooks import Webhook
from portal.queries.people import account_list
from portal.queries.products import products
from portal.queries.tickets.lists import ticket_filter
from portal.security import smtp_addresses
from portal.security.delivery.outbound import MAX_URL
from portal.security.people.identifiers import USERNAME_LENGTH
from portal.services.inbound import mailbox_settings
from portal.services.operations import mail_texts
from portal.services.organizations import credentials, organizations
from portal.services.people import api_keys, passkeys, profile, rights
from portal.services.tickets import ratings, saved_replies, saved_views, tickets
from tests.architecture.source import ROOT, Module, modules

LAYERS = ("auth", "tickets", "account", "admin", "webhook_pages", "api", "web", "cli")
_NAMES = {"max_length", "maxlength", "minlength"}
# What no column keeps: names of things that exist, secrets of our own making.
UNKEPT = {
    "api.operations.log_schemas": {"key", "route"},
    "api.people.auth": {"refresh_token", "token"},
    "api.people.passwords": {"token"},
    "api.people.registration": {"token"},
}
COLUMNS = [
    (Ticket.subject, tickets.MAX_SUBJECT),
    (Draft.subject, tickets.MAX_SUBJECT),
    (Ticket.rating_comment, ratings.MAX_COMMENT),
    (Ticket.department, MAX_DEPARTMENT),
    (Department.name, MAX_DEPARTMENT),
    (Mailbox.name, mailbox_settings.MAX_NAME),
    (Mailbox.host, mailbox_settings.MAX_HOST),
    (Mailbox.username, mailbox_settings.MAX_USERNAME),
    (Mailbox.folder, mailbox_settings.MAX_FOLDER),
    (Department.former_name, MAX_DEPARTMENT),
    (Ticket.language, tickets.MAX_LANGUAGE),
    (SavedView.name, saved_views.MAX_NAME),
    (NamedRole.name, rights.MAX_NAME),
    (SavedReply.name, saved_replies.MAX_NAME),
    (Tag.name, MAX_TAG),
    (User.email, smtp_addresses.MAX_ADDRESS),
    (User.first_name, profile.MAX_NAME),
    (User.last_name, profile.MAX_NAME),
    (User.username, USERNAME_LENGTH),
    (User.timezone, profile.MAX_TIMEZONE),
    (PendingRegistration.email, smtp_addresses.MAX_ADDRESS),
    (PendingRegistration.first_name, profile.MAX_NAME),
    (PendingRegistration.last_name, profile.MAX_NAME),
    (PendingRegistration.company_name, organizations.MAX_NAME),
    (PendingRegistration.username, USERNAME_LENGTH),
    (Organization.name, organizations.MAX_NAME),
    (Credential.name, credentials.MAX_NAME),
    (ApiKey.name, api_keys.MAX_NAME),
    (Passkey.name, passkeys.MAX_NAME),
    (Webhook.url, MAX_URL),
    (MailText.subject, mail_texts.MAX_LINE),
    (MailText.heading, mail_texts.MAX_LINE),
    (MailText.action, mail_texts.MAX_ACTION),
]
# Fields that templates write themselves. 20 is longer than any number of an organization, 24 than
# any of a ticket.
WRITTEN = {
    ("account/products/_list.html", "q"): products.MAX_QUERY,
    ("tickets/new.html", "find"): products.MAX_QUERY,
    ("tickets/products/_search.html", "q"): products.MAX_QUERY,
    ("account/security/_passkey.html", "name"): passkeys.MAX_NAME,
    ("account/security/_second_factor.html", "name"): passkeys.MAX_NAME,
    ("admin/operations/_actions.html", "person"): smtp_addresses.MAX_ADDRESS,
    ("admin/operations/_actions.html", "ticket"): 24,
    ("admin/operations/_api.html", "person"): smtp_addresses.MAX_ADDRESS,
    ("admin/operations/_api.html", "key"): ApiRequest.key_prefix.type.length,
    ("admin/operations/_api.html", "route"): ApiRequest.route.type.length,
    ("admin/_organizations.html", "q"): organizations.MAX_NAME,
    ("admin/index.html", "organization"): organizations.MAX_NAME,
    ("admin/people/_users.html", "q"): account_list.MAX_QUERY,
    ("tickets/_list.html", "q"): ticket_filter.MAX_QUERY,
    ("people/_go_form.html", "q"): ticket_filter.MAX_QUERY,
    ("tickets/_participants.html", "email"): smtp_addresses.MAX_ADDRESS,
    ("tickets/_rating.html", "comment"): ratings.MAX_COMMENT,
    ("tickets/queue/_bulk.html", "value"): MAX_TAG,
    ("help/_search.html", "q"): search.MAX_QUERY,
    ("layouts/_find.html", "q"): ticket_filter.MAX_QUERY,
    ("tickets/queue/_find.html", "q"): ticket_filter.MAX_QUERY,
    ("tickets/replies/_choices.html", "q"): saved_replies.MAX_NAME,
}


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def is_limited(node: ast.AST) -> bool:
    """Whether a length is written there as a number."""
    match node:
        case ast.keyword(arg=name, value=value) if name in _NAMES:
            return is_number(value)
        case ast.Dict(keys=keys, values=values):
            return any(
                isinstance(key, ast.Constant) and key.value in _NAMES and is_number(value)
                for key, value in zip(keys, values, strict=True)
            )
        case ast.Call(func=ast.Name(id="cleaned"), args=[length, *_]):
            return is_number(length)
    return False


def limited(tree: ast.AST) -> Iterator[str]:
    """The names of the fields whose length is a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(map(is_limited, ast.walk(node.value))):
            yield ast.unparse(node.targets[0])
        elif isinstance(node, ast.Expr | ast.Return) and any(map(is_limited, ast.walk(node))):
            yield ast.unparse(node)


def test_no_field_has_a_length_of_its_own() -> None:
    def name(module: Module) -> str:
        return module.name.removeprefix("portal.")

    places = modules(*(f"portal/{layer}" for layer in LAYERS))
    found = {name(module): set(limited(module.tree)) for module in places}
    assert {module: fields for module, fields in found.items() if fields} == UNKEPT


@pytest.mark.parametrize(("column", "limit"), COLUMNS, ids=str)
def test_a_column_takes_what_its_field_takes(column: Any, limit: int) -> None:
    assert column.type.length == limit


def test_what_templates_write_is_the_same_length() -> None:
    folder = ROOT / "templates"
    found = {}
    for path in sorted(folder.rglob("*.html")):
        for field in re.findall(
            r"<(?:input|textarea)\b[^>]*?maxlength=\"\d+\"", path.read_text("utf-8")
        ):
            name, length = re.search(r'\bname="(\w+)"', field), re.search(r"\d+(?=\"$)", field)
            assert name and length
            found[str(path.relative_to(folder)), name[1]] = int(length[0])
    assert found == WRITTEN


def test_numbers_are_found_wherever_they_stand() -> None:
    for text in (
        "name = Line(max_length=100)",
        "tags = Items(Line(max_length=66), most=20)",
        'email = StringField(render_kw={"maxlength": 254})',
        "email = StringField([cleaned(254)])",
        "return text.clean(line, max_length=2000)",
    ):
        assert [*limited(ast.parse(text))]
