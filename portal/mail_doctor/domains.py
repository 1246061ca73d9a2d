"""What DNS says of a domain of the desk: where its mail goes, and which mail is its own."""

from collections.abc import Iterator
from typing import NamedTuple

from portal.i18n import gettext as _
from portal.mail_doctor import spf
from portal.mail_doctor.dns_client import DnsAway, DnsClient
from portal.mail_doctor.finding import Examined, Finding, ok, warning, wrong
from portal.mail_doctor.spf import Address, Evaluation, Result

# What mail servers and providers call their keys.
SELECTORS = (
    "default", "mail", "dkim", "google", "selector1", "selector2", "s1", "s2", "k1", "key1",
    "smtp", "email",
)  # fmt: skip
_NO_MAIL = "."


class Domain(NamedTuple):
    """In ASCII. `receives`: the desk has a mailbox there. `sends`: its mail is from there."""

    name: str
    receives: bool
    sends: bool


def examine(
    dns: DnsClient, domain: Domain, senders: list[Address], selectors: tuple[str, ...] = SELECTORS
) -> Examined:
    """All findings about a domain. `senders` are the addresses of the server that takes our mail.

    A DNS that does not answer is the last finding.
    """
    found: list[Finding] = []
    try:
        if domain.receives:
            found += _exchanges(dns, domain.name)
        if domain.sends:
            found += _spf(dns, domain.name, senders)
            found += _dkim(dns, domain.name, selectors)
            found += _dmarc(dns, domain.name)
    except DnsAway as away:
        text = _("DNS could not be asked. Look at the machine's network and name servers.")
        found.append(warning(text, str(away)))
    return Examined(domain.name, tuple(found))


def _exchanges(dns: DnsClient, domain: str) -> Iterator[Finding]:
    found = dns.exchanges(domain)
    if found == [_NO_MAIL]:
        yield wrong(_("The domain says that it takes no mail. Give it an MX record."))
    elif found:
        unknown = [host for host in found if not dns.addresses(host)]
        if unknown:
            text = _("A server of its MX record has no address. Correct the record.")
            yield wrong(text, ", ".join(unknown))
        else:
            yield ok(_("MX: mail to the domain goes to these servers."), ", ".join(found))
    elif dns.addresses(domain):
        text = _("There is no MX record: mail goes to the domain's own address. Give it one.")
        yield warning(text)
    else:
        yield wrong(_("There is no MX record, so no mail reaches the domain. Give it one."))


def _spf(dns: DnsClient, domain: str, senders: list[Address]) -> Iterator[Finding]:
    found = spf.records(dns.texts(domain))
    if not found:
        text = _("There is no SPF record. Add one that names the server that sends your mail.")
        yield wrong(text)
    elif len(found) > 1:
        text = _("There are several SPF records, so none of them holds. Leave one.")
        yield wrong(text, " | ".join(found))
    elif not senders:
        yield ok(_("SPF: there is one record."), found[0])
    else:
        results = {sender: Evaluation(dns, sender).result(domain) for sender in senders}
        yield _spf_finding(found[0], results)


def _spf_finding(record: str, results: dict[Address, Result]) -> Finding:
    if Result.PERMERROR in results.values():
        text = _("The SPF record does not hold: it includes what is missing, or too much.")
        return wrong(text, record)
    if "+all" in record.lower().split() or "all" in record.lower().split():
        text = _("The SPF record lets every server of the world send. End it with ~all or -all.")
        return wrong(text, record)
    others = [str(sender) for sender, result in results.items() if result is not Result.PASS]
    if not others:
        return ok(_("SPF: one record, and it lets the server of MAIL_URL send."), record)
    text = _(
        "The SPF record does not let the server of MAIL_URL send (%(addresses)s). That is right "
        "only if it hands mail on to another server, which the record names.",
        addresses=", ".join(others[:4]),
    )
    return warning(text, record)


def _dkim(dns: DnsClient, domain: str, selectors: tuple[str, ...]) -> Iterator[Finding]:
    keys = {}
    for selector in selectors:
        for text in dns.texts(f"{selector}._domainkey.{domain}"):
            if (key := _tags(text).get("p")) is not None:
                keys[selector] = key
    if good := [selector for selector, key in keys.items() if key]:
        yield ok(_("DKIM: there are keys of these names."), ", ".join(good))
    elif keys:
        text = _("DKIM: the keys are taken back. Let the mail server sign with a new one.")
        yield wrong(text, ", ".join(keys))
    else:
        yield warning(
            _(
                "No DKIM key is found under the usual names. If your mail server signs, name its "
                "selector; if not, let it sign."
            ),
            ", ".join(selectors),
        )


def _dmarc(dns: DnsClient, domain: str) -> Iterator[Finding]:
    found = _dmarc_records(dns, domain)
    if not found:
        text = _("There is no DMARC record. Add one, or others can forge your address.")
        yield warning(text)
        return
    if len(found) > 1:
        text = _("There are several DMARC records, so none of them holds. Leave one.")
        yield wrong(text, " | ".join(found))
        return
    policy = _tags(found[0]).get("p", "").lower()
    if policy in {"quarantine", "reject"}:
        yield ok(_("DMARC: forged mails are put aside or refused."), found[0])
    elif policy == "none":
        text = _("DMARC only reports: forged mails are delivered. Make p=quarantine of it in time.")
        yield warning(text, found[0])
    else:
        yield wrong(_("The DMARC record has no policy (p=), so it does not hold."), found[0])


def _dmarc_records(dns: DnsClient, domain: str) -> list[str]:
    """Of the domain, or of the nearest one above it that has any."""
    labels = domain.split(".")
    for first in range(max(1, len(labels) - 1)):
        name = ".".join(labels[first:])
        texts = dns.texts(f"_dmarc.{name}")
        if found := [text for text in texts if text.replace(" ", "").startswith("v=DMARC1")]:
            return found
    return []


def _tags(text: str) -> dict[str, str]:
    """The tags of a record such as `v=DMARC1; p=none`."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}
