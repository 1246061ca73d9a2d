"""Metrics of mail that comes in: how long each mailbox has been silent, and what waits."""

import math
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from portal import clock
from portal.queries.inbound.health import Health, MailboxHealth


def gauges(health: Health) -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily(
        "lodge_inbound_mails",
        "Mails that came in, by what they wait for, up to 1000 of each.",
        labels=["state"],
    )
    for state in ("waiting", "held", "suspected", "failed"):
        waiting.add_metric([state], getattr(health, state))
    unread = GaugeMetricFamily(
        "lodge_inbound_unread_seconds", "How late the reading of mails is; 0 when it is not."
    )
    unread.add_metric([], health.unread_for.total_seconds())
    yield from (waiting, unread, *_mailbox_gauges(health.mailboxes))


def _mailbox_gauges(mailboxes: tuple[MailboxHealth, ...]) -> Iterator[GaugeMetricFamily]:
    last_mail = GaugeMetricFamily(
        "lodge_mailbox_last_mail_age_seconds",
        "How long ago the last mail came; +Inf: there was none.",
        labels=["mailbox"],
    )
    silent = GaugeMetricFamily(
        "lodge_mailbox_silent_seconds",
        "How long ago a mailbox was last fetched, or since when it fails.",
        labels=["mailbox"],
    )
    failing = GaugeMetricFamily(
        "lodge_mailbox_failing",
        "Whether the last try to fetch it failed, and for which reason.",
        labels=["mailbox", "reason"],
    )
    for mailbox in mailboxes:
        came = mailbox.last_mail_at
        age = math.inf if came is None else (clock.now() - came).total_seconds()
        last_mail.add_metric([mailbox.address], age)
        if mailbox.is_fetched:
            silent.add_metric([mailbox.address], mailbox.silent_for.total_seconds())
            is_failing = mailbox.failing_since is not None
            failing.add_metric([mailbox.address, mailbox.failure_reason or ""], is_failing)
    yield from (last_mail, silent, failing)
