"""All that the mail doctor looks at, but for what travels: see `trial` and `dry_run`."""

import ipaddress
import time
from collections.abc import Callable, Iterator, Sequence
from email.utils import parseaddr

from flask import current_app

from portal import clock
from portal.extensions import begin_write, setting
from portal.i18n import gettext as _
from portal.inbound import dry_run
from portal.mail.failures import ServerFailure
from portal.mail.smtp import SmtpTransport
from portal.mail.transport import Transport
from portal.mail_doctor import domains
from portal.mail_doctor.dns_client import DnsAway, DnsClient, OpenDns, system_dns
from portal.mail_doctor.domains import Domain
from portal.mail_doctor.finding import Examined, Finding, ok, warning, wrong
from portal.mail_doctor.spf import Address
from portal.models.inbound import Reason
from portal.models.people import Actor
from portal.queries.inbound import mailboxes
from portal.queries.operations.clock_skew import BAD_SKEW, SKEW, clock_skew
from portal.security.addresses import normal_address
from portal.security.smtp_addresses import ascii_address

_SMTP_SECONDS = 8.0
# A desk has mail under one or two domains.
_MOST_DOMAINS = 10


def examine(
    addresses: Sequence[str] = (),
    selectors: tuple[str, ...] = (),
    *,
    actor: Actor | None = None,
    begin: Callable[[], object] = begin_write,
) -> list[Examined]:
    """The desk, its mail server, and the domains of its own addresses, or of these alone.

    Nothing is changed. Waits for others no longer than some 20 seconds.
    """
    found = [
        Examined(_("The desk"), (*_settings(), *_clock(), _loops(actor, begin))),
        Examined(_("The mail server"), tuple(_server())),
    ]
    try:
        client = _open_dns()
    except DnsAway as away:
        text = _("DNS could not be asked. Look at the machine's network and name servers.")
        return [*found, Examined("DNS", (warning(text, str(away)),))]
    senders = _senders(client)
    wanted = [_given(address) for address in addresses] if addresses else _own_domains()
    chosen = selectors or domains.SELECTORS
    return [*found, *(domains.examine(client, domain, senders, chosen) for domain in wanted)]


def _open_dns() -> DnsClient:
    opened: OpenDns = current_app.extensions.get("lodge.dns", system_dns)
    return opened()


def _settings() -> Iterator[Finding]:
    active = [mailbox.address for mailbox in mailboxes.active()]
    support = mailboxes.default_address()
    if not active:
        yield warning(_("There is no mailbox yet. The first mail that comes makes one."))
    elif support not in active:
        text = _(
            "Answers go to %(email)s (SUPPORT_EMAIL), which is no mailbox of the desk.",
            email=support,
        )
        yield warning(text)
    else:
        yield ok(_("Answers go to a mailbox of the desk."), support)
    if trusted := setting("INBOUND_AUTHSERV"):
        text = _("What this server says of senders is believed (INBOUND_AUTHSERV).")
        yield ok(text, trusted)
    else:
        text = _(
            "INBOUND_AUTHSERV names no server, so nothing proves a sender: answers of colleagues "
            "by mail wait for a decision, and forged senders are not noticed."
        )
        yield warning(text)


def _clock() -> Iterator[Finding]:
    skew = clock_skew()
    if skew is None or skew <= SKEW:
        text = _("The clock says %(time)s UTC.", time=f"{clock.now():%Y-%m-%d %H:%M}")
        yield ok(text)
    else:
        text = _(
            "The clock is %(count)s s apart from the database's.", count=int(skew.total_seconds())
        )
        yield (wrong if skew > BAD_SKEW else warning)(text)


def _loops(actor: Actor | None, begin: Callable[[], object]) -> Finding:
    """A mail of our own has to be taken for one."""
    own = parseaddr(setting("MAIL_FROM"))[1]
    lines = (f"From: {own}", f"To: {mailboxes.default_address()}", "Subject: A loop", "", "Hello.")
    found = dry_run.run("\r\n".join(lines).encode(), actor=actor, begin=begin)
    if found.reason == Reason.OWN_ADDRESS:
        return ok(_("A mail from the desk's own address makes no ticket, so nothing goes round."))
    text = _("A mail from the desk's own address would make a ticket. Set MAIL_FROM right.")
    return wrong(text, own)


def _server() -> Iterator[Finding]:
    transport: Transport = current_app.extensions["lodge.mail"]
    if not isinstance(transport, SmtpTransport):
        yield wrong(_("MAIL_URL names no mail server: mail is written to a folder."))
        return
    where = f"{transport.host}:{transport.port}"
    began = time.monotonic()
    try:
        sender = ascii_address(parseaddr(setting("MAIL_FROM"))[1])
        with transport.open() as connection:
            connection.check(sender, within=_SMTP_SECONDS)
    except (ServerFailure, ValueError) as failure:
        text = _("The mail server does not take our mail. Look at MAIL_URL and MAIL_FROM.")
        yield wrong(text, str(failure))
        return
    took = int((time.monotonic() - began) * 1000)
    yield ok(_("It answers, and takes mail from MAIL_FROM."), f"{where}, {took} ms")
    if transport.context is None:
        yield warning(_("The connection has no TLS (tls=0): others can read what is sent."))


def _senders(client: DnsClient) -> list[Address]:
    """The addresses of the server of MAIL_URL; none for one on this machine."""
    transport: Transport = current_app.extensions["lodge.mail"]
    if not isinstance(transport, SmtpTransport):
        return []
    try:
        texts = [str(ipaddress.ip_address(transport.host))]
    except ValueError:
        try:
            texts = client.addresses(transport.host)
        except DnsAway:
            return []
    found = [ipaddress.ip_address(text) for text in texts]
    return [address for address in found if not address.is_loopback]


def _own_domains() -> list[Domain]:
    sender = parseaddr(setting("MAIL_FROM"))[1]
    received = {*(box.address for box in mailboxes.active()), mailboxes.default_address()}
    receiving = {_domain_of(address) for address in received}
    # Answers come from the mailbox of their ticket.
    sending = {*receiving, _domain_of(sender)}
    names = sorted(filter(None, receiving | sending))[:_MOST_DOMAINS]
    return [Domain(name, name in receiving, name in sending) for name in names]


def _given(address: str) -> Domain:
    """Raises ValueError for what is no address."""
    return Domain(_domain_of(normal_address(address)), receives=True, sends=True)


def _domain_of(address: str) -> str:
    """In ASCII; empty for what is no address."""
    try:
        return ascii_address(address).rpartition("@")[2]
    except ValueError:
        return ""
