"""Pages of administrators."""

from portal.mail_doctor.dns_client import DnsClient
from portal.services.statistics import counting
from tests import factories
from tests.browser.scenes.playing import LONG, PATHS, Scene, at, opened, send
from tests.browser.window import Window
from tests.dns_server import dns_server

HOOKS = "/admin/webhooks"
RETENTION = "preview=1&" + "&".join(
    f"{kept}_retention_days=7" for kept in ("ticket", "trash", "log", "export")
)


def statistics(someone: Window) -> None:
    """With what was counted."""
    with factories.writing(someone.app):
        counting.count_some()
    someone.go("/admin/")


def mailed_statistics(someone: Window) -> None:
    """Who is mailed the statistics, after one has asked for them."""
    someone.go("/admin/?assignee=none")
    someone.page.locator(".by-mail button").click()
    someone.page.locator("li[id^=report]").first.wait_for()


def export_schedule(someone: Window) -> None:
    """An export that is made every week, in the list of one's schedules."""
    someone.go("/admin/exports")
    someone.page.locator("[name=every]").select_option("week")
    someone.page.locator(".sheet form .actions button").click()
    someone.page.locator("[id^=schedule-] summary").click()


def what_keeps_mail_away(someone: Window) -> None:
    """What the mail doctor finds, where DNS has one record and that is long."""
    record = " ".join(["v=spf1", *[f"include:{LONG[:60]}.example.net"] * 3, "?all"])
    dns = dns_server({("example.com", "TXT"): [f'"{record[:250]}"']})
    extensions = someone.app.extensions
    with dns as server:
        extensions["lodge.dns"] = lambda: DnsClient(server.resolver())
        someone.go("/admin/mail/doctor")
        someone.page.locator("#examined button").click()
        someone.page.locator("#examined li").first.wait_for()
    del extensions["lodge.dns"]


ADA: dict[str, Scene] = {
    "administration": statistics,
    "table of statistics": at("/admin/statistics/hours"),
    "no statistics by mail": at("/admin/statistics/reports"),
    "statistics by mail": mailed_statistics,
    "statistics of no days": at("/admin/?from=2026-02-01&to=2026-01-01&department=Gone"),
    "staff": opened("/admin/staff", "tbody summary"),
    "settings in the guide": at("/help/operators/settings"),
    "organizations": at("/admin/organizations"),
    "an organization": send(
        "/admin/organizations/ORG000001", "#domains form", email="it@gmail.com"
    ),
    "plans": send("/admin/plans", "main form", free_members="x"),
    "absence": at("/admin/users/USR000004/absence"),
    "departments of a person": at("/admin/users/USR000004/departments"),
    "mails that came in": at("/admin/mail"),
    "no mail that came in": at("/admin/mail?view=received"),
    "a mail that came in": at("/admin/mail/1"),
    "the text of a mail that came in": send("/admin/mail/1/text", "main form", email="x"),
    "mailboxes": at("/admin/mail/mailboxes"),
    "a new mailbox": send("/admin/mail/mailboxes/new", "main form", address="x"),
    "a mailbox": send("/admin/mail/mailboxes/2", "form.mailbox", port="0"),
    "a mailbox to connect": at("/admin/mail/mailboxes/3"),
    "connecting a mailbox": at("/admin/mail/mailboxes/3/connect"),
    "blocked senders": send("/admin/mail/blocked", "main form", pattern="x"),
    "the mail doctor": at("/admin/mail/doctor"),
    "what keeps mail away": what_keeps_mail_away,
    "what would become of a mail": send(
        "/admin/mail/doctor",
        "#dry-run form",
        answer="#outcome",
        raw="From: someone@elsewhere.example\n\nIt leaks.",
    ),
    "background jobs": at("/admin/jobs"),
    "people": opened("/admin/users", "#person-5 .more > summary"),
    "owed mails": at("/admin/jobs/mails?state=pending"),
    "mails that were given up": at("/admin/jobs/mails"),
    "departments": at("/admin/departments"),
    "a department": send("/admin/departments", "form[action='/admin/departments']", name=" "),
    "name and colour": send("/admin/settings/identity", "main form", product_accent="#fd0"),
    "mail and answers": send("/admin/settings/mail", "main form", mail_from="nobody"),
    "access": send("/admin/settings/access", "main form", registration_domains="!"),
    "texts of mails": at("/admin/settings/texts"),
    "the frame of mails": at("/admin/settings/texts/layout/ru"),
    "text of a mail": send(
        "/admin/settings/texts/reply/en",
        "main form",
        heading="{{nothing}}",
        subject="x",
        action="x",
    ),
    "filing": at("/admin/settings/tickets"),
    "what assistance does": at("/admin/settings/assistance"),
    "what was learned": at("/admin/assistance"),
    "the language model": at("/admin/assistance/model"),
    "uploads": send("/admin/settings/uploads", "main form", attachment_count="0"),
    "a setting that was changed": send(
        "/admin/settings/uploads", "main form", "[name=reset]", attachment_count="7"
    ),
    "retention": at(f"/admin/settings/retention?{RETENTION}"),
    "nobody fits": at("/admin/users?q=zzzz"),
    "person": at("/admin/users/USR000001"),
    "oneself": at("/admin/users/USR000006"),
    "edit somebody": send("/admin/users/USR000001/edit", "main form", phone="1"),
    "another address": send("/admin/users/USR000001/email", "main form", email="x"),
    "merge somebody": at("/admin/users/USR000003/merge?into=ann@example.com"),
    "merge somebody with nobody": at("/admin/users/USR000003/merge?into=nobody"),
    "delete somebody": at("/admin/users/USR000001/deletion"),
    "open an account": send("/admin/users/new", "main form", email="x", organization="Acme"),
    "lost second factor": at("/admin/users/USR000005/second-factor"),
    "no second factor to lose": at("/admin/users/USR000002/second-factor"),
    "exports": at("/admin/exports?status=open"),
    # A year that fits into the field, and into no calendar of ours.
    "exports of people refused": send(
        "/admin/exports?kind=people", ".sheet form", since="10000-01-01"
    ),
    "exports that are made again": export_schedule,
    "activity": at("/admin/logs/actions"),
    "webhooks of the desk": at(HOOKS),
    "webhook of the desk": at(f"{HOOKS}/3"),
    "delivery of the desk": at(f"{HOOKS}/4/deliveries/4"),
    "no activity": at("/admin/logs/actions?person=nobody"),
    "rights": at("/admin/rights"),
    "a named role": at("/admin/rights/1"),
    "rights of a person": at("/admin/users/USR000005/rights"),
    "requests for data": at("/admin/privacy"),
    "ratings": at("/admin/ratings"),
    "no ratings": at("/admin/ratings?rating=good"),
    "API requests": at("/admin/logs/api"),
    "no API requests": at("/admin/logs/api?person=nobody"),
}

# Made by a form, and what leads on.
PATHS.update(["/admin/settings/texts/reply/en/preview", "/admin/settings/"])
