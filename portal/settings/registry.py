"""The settings that administrators may change: their types, groups, texts, and what reads them."""

from typing import Any

from portal import model_settings, product, setting_values
from portal.i18n import lazy_gettext as _
from portal.i18n import lazy_pgettext
from portal.settings.setting import Choices, Group, Kind, Setting


def _comma_separated(values: list[str]) -> str:
    return ",".join(values)


def _days(value: Any) -> str:
    return str(value.days if value else 0)


def _megabytes(value: int) -> str:
    return str(value // setting_values.MEGABYTE)


def _number(setting: str, most: int, *, least: int = 0) -> dict[str, Any]:
    return {
        "name": setting,
        "kind": Kind.NUMBER,
        "needed": True,
        "least": least,
        "most": most,
    }


_ROLES: Choices = (
    ("customer", _("Customers")),
    ("staff", lazy_pgettext("people", "Staff")),
    ("admin", _("Administrators")),
)
_LANGUAGES: Choices = (("en", "English"), ("ru", "Русский"))
_SUGGESTIONS: Choices = (
    ("type", _("Type")),
    ("department", _("Department")),
    ("priority", _("Priority")),
    ("tags", _("Tags")),
    ("answers", _("Answers to similar tickets")),
    ("reply", _("A saved reply")),
    ("tone", _("Language and tone")),
)
_ADDRESS = _("This is not an address that mail can come from: name@example.com.")

_ALL = (
    Setting(
        name="PRODUCT_NAME",
        key="PRODUCT.name",
        group=Group.IDENTITY,
        kind=Kind.LINE,
        label=_("Name of the desk"),
        help=_("Stands on every page, in mails, and in apps for codes."),
        read=lambda env: product.read_name(env["PRODUCT_NAME"]),
        write=str,
        refusal=_("Use 1 to 40 printable characters."),
        max_length=product.MAX_NAME,
        needed=True,
    ),
    Setting(
        name="PRODUCT_LOGO",
        key="PRODUCT.logo",
        group=Group.IDENTITY,
        kind=Kind.PICTURE,
        label=_("Logo"),
        help=_("A PNG, WebP or SVG file of up to 64 KB. It stands beside the name."),
        read=lambda _env: None,
        write=lambda logo: logo.suffix.upper() if logo else "",
        refusal=_("Use a PNG, WebP or plain SVG file of up to 64 KB: one that loads nothing."),
    ),
    Setting(
        name="PRODUCT_ACCENT",
        key="PRODUCT.accent",
        group=Group.IDENTITY,
        kind=Kind.COLOUR,
        label=_("Colour"),
        help=_("Of links and buttons, like #1d6b4f. Nothing: our green."),
        read=lambda env: product.read_accent(text) if (text := env["PRODUCT_ACCENT"]) else None,
        write=lambda accent: accent.chosen if accent else "",
        refusal=_("Write a colour like #1d6b4f."),
        max_length=7,
    ),
    Setting(
        name="LANGUAGES",
        key="LANGUAGES",
        group=Group.IDENTITY,
        kind=Kind.SEVERAL,
        label=_("Languages offered"),
        help=_("Whoever wants another one reads the first of these."),
        read=setting_values.languages,
        write=_comma_separated,
        choices=_LANGUAGES,
        refusal=_("Leave at least one."),
    ),
    Setting(
        name="MAIL_FROM",
        key="MAIL_FROM",
        group=Group.MAIL,
        kind=Kind.LINE,
        label=_("Mail comes from"),
        help=_("An address, with a name if you like: Example Support <support@example.com>."),
        read=setting_values.mail_from,
        write=str,
        refusal=_ADDRESS,
        max_length=320,
        needed=True,
        dangerous=True,
    ),
    Setting(
        name="SUPPORT_EMAIL",
        key="SUPPORT_EMAIL",
        group=Group.MAIL,
        kind=Kind.LINE,
        label=_("Mailbox of the staff"),
        help=_("Hears of new tickets, and answers to mails go there."),
        read=setting_values.support_email,
        write=str,
        refusal=_ADDRESS,
        max_length=320,
        needed=True,
        dangerous=True,
    ),
    Setting(
        key="UNDO_SEND",
        group=Group.MAIL,
        label=_("Seconds to take an answer back"),
        help=_("An answer of the staff waits so long before it leaves. 0: it leaves at once."),
        read=setting_values.undo_send,
        write=lambda value: str(int(value.total_seconds())),
        **_number("UNDO_SEND_SECONDS", 60),
    ),
    Setting(
        key="MAIL_QUOTED_MESSAGES",
        group=Group.MAIL,
        label=_("Earlier messages in a mail"),
        help=_(
            "So many public messages of the ticket are quoted below a new one. "
            "0: none, 1: the last."
        ),
        read=setting_values.quoted_messages,
        write=str,
        **_number("MAIL_QUOTED_MESSAGES", 20),
    ),
    Setting(
        key="MAIL_ATTACHMENTS_BYTES",
        group=Group.MAIL,
        label=_("Files inside a mail, in MB"),
        help=_(
            "The files of a message go with the mail about it, up to so much together. What has no "
            "room is read on the ticket's page. 0: all files are."
        ),
        read=setting_values.mail_attachments_bytes,
        write=_megabytes,
        **_number("MAIL_ATTACHMENTS_MEGABYTES", 18),
    ),
    Setting(
        name="REGISTRATION",
        key="REGISTRATION",
        group=Group.ACCESS,
        kind=Kind.CHOICE,
        label=_("How people open accounts"),
        read=setting_values.registration,
        write=str,
        choices=(
            ("confirmed", _("With a link that is mailed to them")),
            ("open", _("At once, for desks that only known people reach")),
            ("invited", _("By invitation alone")),
        ),
        dangerous=True,
    ),
    Setting(
        name="REGISTRATION_DOMAINS",
        key="REGISTRATION_DOMAINS",
        group=Group.ACCESS,
        kind=Kind.LIST,
        label=_("Only with addresses of these domains"),
        help=_(
            "A domain a line, like example.com. Nothing: of all. Invitations go to any address."
        ),
        read=setting_values.registration_domains,
        write=_comma_separated,
        refusal=_("Write a domain a line, like example.com; at most 100."),
        max_length=20_000,
        dangerous=True,
    ),
    Setting(
        name="REQUIRE_SECOND_FACTOR",
        key="REQUIRE_SECOND_FACTOR",
        group=Group.ACCESS,
        kind=Kind.SEVERAL,
        label=_("Who needs a second factor"),
        help=_("They set up an app or a passkey at their next step, before anything else."),
        read=setting_values.second_factor_roles,
        write=_comma_separated,
        choices=_ROLES,
        dangerous=True,
    ),
    Setting(
        name="DEPARTMENT_CHOICE",
        key="DEPARTMENT_CHOICE",
        group=Group.TICKETS,
        kind=Kind.CHOICE,
        label=_("Who chooses the department of a new ticket"),
        help=_("Where there are departments. The staff may always set another."),
        read=setting_values.department_choice,
        write=lambda value: "1" if value else "0",
        choices=(("0", _("The staff alone")), ("1", _("Whoever files it"))),
    ),
    Setting(
        name="TYPE_CHOICE",
        key="TYPE_CHOICE",
        group=Group.TICKETS,
        kind=Kind.CHOICE,
        label=_("Who chooses the type of a new ticket"),
        help=_("The staff may always set another."),
        read=setting_values.type_choice,
        write=lambda value: "1" if value else "0",
        choices=(("0", _("The staff alone")), ("1", _("Whoever files it"))),
    ),
    Setting(
        name="ASSISTANCE_SUGGESTIONS",
        key="ASSISTANCE_SUGGESTIONS",
        group=Group.ASSISTANCE,
        kind=Kind.SEVERAL,
        label=_("Suggest to the staff"),
        help=_("Beside a ticket. The first four are learned from your own solved tickets."),
        read=setting_values.assistance_suggestions,
        write=_comma_separated,
        choices=_SUGGESTIONS,
    ),
    Setting(
        key="ASSISTANCE_SHOWN_FROM",
        group=Group.ASSISTANCE,
        label=_("Show what was right in so many of 100 cases"),
        help=_("Measured on your own tickets. 0: show all."),
        read=setting_values.assistance_shown_from,
        write=str,
        **_number("ASSISTANCE_SHOWN_FROM", 99),
    ),
    Setting(
        name="ASSISTANCE_ACTIONS",
        key="ASSISTANCE_ACTIONS",
        group=Group.ASSISTANCE,
        kind=Kind.SEVERAL,
        label=_("Set by itself on new tickets"),
        help=_("Only what nobody has chosen. The ticket says so, and one press undoes it."),
        read=setting_values.assistance_actions,
        write=_comma_separated,
        choices=_SUGGESTIONS[: len(setting_values.ACTIONS)],
    ),
    Setting(
        key="ASSISTANCE_ACTS_FROM",
        group=Group.ASSISTANCE,
        label=_("Set what was right in so many of 100 cases"),
        help=_("Measured on your own tickets, with what was undone since."),
        read=setting_values.assistance_acts_from,
        write=str,
        **_number("ASSISTANCE_ACTS_FROM", 100, least=50),
    ),
    Setting(
        key="ATTACHMENT_BYTES",
        group=Group.UPLOADS,
        label=_("Largest file, in MB"),
        read=setting_values.attachment_bytes,
        write=_megabytes,
        **_number("ATTACHMENT_MEGABYTES", 2000, least=1),
    ),
    Setting(
        key="ATTACHMENT_COUNT",
        group=Group.UPLOADS,
        label=_("Files of one message"),
        read=setting_values.attachment_count,
        write=str,
        **_number("ATTACHMENT_COUNT", 50, least=1),
    ),
    Setting(
        key="ATTACHMENTS_BYTES",
        group=Group.UPLOADS,
        label=_("All files of one message, in MB"),
        help=_("A proxy in front of the desk has a limit of its own: see docs/deploy.md."),
        read=setting_values.attachments_bytes,
        write=_megabytes,
        **_number("ATTACHMENTS_MEGABYTES", 5000, least=1),
    ),
    Setting(
        key="TICKET_RETENTION",
        group=Group.RETENTION,
        label=_("Closed tickets, in days"),
        help=_(
            "Since their last change; then they are deleted with all that belongs to them. 0: kept."
        ),
        read=setting_values.ticket_retention,
        write=_days,
        dangerous=True,
        **_number("TICKET_RETENTION_DAYS", 36_500),
    ),
    Setting(
        key="TRASH_RETENTION",
        group=Group.RETENTION,
        label=_("Tickets in the trash, in days"),
        help=_("Then they are deleted for good. 0: kept."),
        read=setting_values.trash_retention,
        write=_days,
        dangerous=True,
        **_number("TRASH_RETENTION_DAYS", 36_500),
    ),
    Setting(
        key="LOG_RETENTION",
        group=Group.RETENTION,
        label=_("Logs, in days"),
        help=_("Actions, API requests, mails that have left, sign-ins, invitations that ran out."),
        read=setting_values.log_retention,
        write=_days,
        dangerous=True,
        **_number("LOG_RETENTION_DAYS", 36_500),
    ),
    Setting(
        key="EXPORT_RETENTION",
        group=Group.RETENTION,
        label=_("Files of exports, in days"),
        help=_("Of those that are made from now on."),
        read=setting_values.export_retention,
        write=_days,
        **_number("EXPORT_RETENTION_DAYS", 90, least=1),
    ),
    Setting(
        name="AI_ORGANIZATIONS",
        key="AI_ORGANIZATIONS",
        group=Group.ASSISTANCE,
        kind=Kind.CHOICE,
        label=_("Whose tickets the language model may read"),
        help=_("Where nothing is decided for an organization itself."),
        read=model_settings.organizations,
        write=str,
        choices=(
            ("chosen", _("Only those of organizations that are switched on")),
            ("all", _("Those of all, but of organizations that are switched off")),
        ),
        dangerous=True,
    ),
    Setting(
        key="AI_TOKENS_A_DAY",
        group=Group.ASSISTANCE,
        label=_("Tokens of the language model a day"),
        help=_("For all of the staff together. What would go beyond is refused. 0: none."),
        read=model_settings.tokens_a_day,
        write=str,
        **_number("AI_TOKENS_A_DAY", 999_999_999),
    ),
    Setting(
        key="AI_LONGEST_CALL",
        group=Group.ASSISTANCE,
        label=_("Seconds that the language model may take"),
        help=_("Then it is broken off, and what it has written so far is kept."),
        read=model_settings.longest_call,
        write=lambda value: str(int(value.total_seconds())),
        **_number("AI_SECONDS", model_settings.MAX_SECONDS, least=5),
    ),
)
SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _ALL}
# Keys of the config that may be overridden.
KEYS = frozenset(setting.key.partition(".")[0] for setting in _ALL)


def of_group(group: Group) -> list[Setting]:
    return [setting for setting in _ALL if setting.group is group]
