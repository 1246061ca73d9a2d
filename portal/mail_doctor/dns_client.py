"""Questions to DNS that end in time, whatever the servers do."""

import time
from collections.abc import Callable
from typing import Any

import dns.exception
import dns.resolver
from dns.resolver import Resolver

# For all questions of one examination, and for one of them.
TOTAL_SECONDS = 10.0
_ONE_SECONDS = 2.0
# Beyond any real record; a hostile server may send more.
_MOST = 50


class DnsAway(Exception):
    """No server answered in time, or none could answer. Says why in English."""


class DnsClient:
    """Asks one question after the other. After two without an answer all others fail at once."""

    def __init__(self, resolver: Resolver, seconds: float = TOTAL_SECONDS) -> None:
        self._resolver = resolver
        self._until = time.monotonic() + seconds
        self._unanswered = 0

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name; none for a name that does not exist. Raises DnsAway."""
        found = self._ask(name, "TXT")
        return [b"".join(one.strings).decode("utf-8", "replace") for one in found]

    def exchanges(self, name: str) -> list[str]:
        """The mail servers of a domain, the preferred one first; "." says that it takes no mail."""
        found = sorted(self._ask(name, "MX"), key=lambda one: one.preference)
        return [str(one.exchange).rstrip(".") or "." for one in found]

    def addresses(self, name: str) -> list[str]:
        """The IP addresses of a host."""
        return [str(one.address) for kind in ("A", "AAAA") for one in self._ask(name, kind)]

    def _ask(self, name: str, kind: str) -> list[Any]:
        left = self._until - time.monotonic()
        if left <= 0 or self._unanswered > 1:
            raise DnsAway("no DNS server answered in time")
        try:
            answer = self._resolver.resolve(
                name, kind, lifetime=min(left, _ONE_SECONDS), search=False
            )
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.Timeout, dns.resolver.NoNameservers) as error:
            self._unanswered += 1
            raise DnsAway(f"{name}: {error}"[:300]) from None
        except (dns.exception.DNSException, ValueError):
            # A name that cannot be asked for.
            return []
        return list(answer)[:_MOST]


OpenDns = Callable[[], DnsClient]


def system_dns() -> DnsClient:
    """Asks the servers of the machine. Raises DnsAway when it names none."""
    try:
        return DnsClient(Resolver())
    except dns.exception.DNSException as error:
        raise DnsAway(str(error)) from None
