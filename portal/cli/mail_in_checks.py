"""Checks of `flask doctor` on mail that comes in."""

from portal import clock
from portal.cli.finding import FAIL, OK, WARN, Finding, Findings, duration_text
from portal.queries.inbound.health import MailboxHealth, health


def mail_in() -> Findings:
    found = health()
    for mailbox in found.mailboxes:
        yield _mailbox(mailbox)
    if found.is_unread:
        late = duration_text(found.unread_for)
        yield Finding(FAIL, f"mail that came has waited {late} to be read: is there a worker?")
    if undecided := found.held + found.suspected:
        yield Finding(WARN, f"{undecided} mail(s) wait for a decision: /admin/mail")
    if found.failed:
        yield Finding(WARN, f"{found.failed} mail(s) could not be read: /admin/mail")
    yield Finding(OK, f"{found.waiting} wait(s) to be read")


def _mailbox(mailbox: MailboxHealth) -> Finding:
    came = mailbox.last_mail_at
    last = "no mail yet" if came is None else f"last mail {duration_text(clock.now() - came)} ago"
    if not mailbox.is_fetched:
        return Finding(OK, f"{mailbox.address} is delivered to, {last}")
    silent = duration_text(mailbox.silent_for)
    if mailbox.failing_since is not None:
        why = ": ".join(filter(None, (mailbox.failure_reason, mailbox.failure)))
        level = FAIL if mailbox.is_silent else WARN
        return Finding(level, f"{mailbox.address} cannot be fetched for {silent}: {why}")
    if mailbox.is_silent:
        return Finding(
            FAIL, f"nobody has fetched {mailbox.address} for {silent}: does its job run?"
        )
    return Finding(OK, f"{mailbox.address} was fetched {silent} ago, {last}")
