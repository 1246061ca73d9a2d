"""Whether a domain's SPF record lets a host send (RFC 7208), as far as we need it.

`exists` and `ptr`, and macros, depend on the single mail: they match nothing here.
"""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum

from portal.mail_doctor.dns_client import DnsClient

_VERSION = "v=spf1"
_MAX_LOOKUPS = 10
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Result(StrEnum):
    PASS = "pass"  # noqa: S105 - a word of the standard
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    PERMERROR = "permerror"


_QUALIFIERS = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


def records(texts: list[str]) -> list[str]:
    """Those of a domain's TXT records that are SPF."""
    return [text for text in texts if text.lower().split(" ", 1)[0] == _VERSION]


@dataclass(slots=True)
class Evaluation:
    """Asks for one sender address; counts the questions, of which a receiver allows ten."""

    dns: DnsClient
    sender: Address
    lookups: int = 0

    def result(self, domain: str) -> Result:
        """Raises DnsAway."""
        found = records(self.dns.texts(domain))
        if len(found) != 1:
            return Result.PERMERROR if found else Result.NONE
        redirect = ""
        for term in found[0].split()[1:]:
            name, _, value = term.partition("=")
            if name.lower() == "redirect":
                redirect = value
                continue
            result = self._match(term, domain)
            if result is not None:
                return result
        if redirect:
            return self._included(redirect)
        return Result.NEUTRAL

    def _match(self, term: str, domain: str) -> Result | None:
        """The result that a mechanism that matches brings."""
        result = _QUALIFIERS.get(term[:1], Result.PASS)
        mechanism, _, value = term.lstrip("+-~?").partition(":")
        mechanism, slash, bits = mechanism.lower().partition("/")
        if mechanism == "all":
            return result
        if mechanism in {"ip4", "ip6"}:
            return result if self._is_in(value) else None
        if mechanism == "include":
            included = self._included(value)
            if included is Result.PERMERROR or included is Result.NONE:
                return Result.PERMERROR
            return result if included is Result.PASS else None
        if mechanism in {"a", "mx"}:
            host, slash, bits = value.partition("/") if value else (domain, slash, bits)
            return self._of_hosts(mechanism, host, bits, result)
        return None

    def _of_hosts(self, mechanism: str, host: str, bits: str, result: Result) -> Result | None:
        if self._is_spent():
            return Result.PERMERROR
        hosts = self.dns.exchanges(host)[:10] if mechanism == "mx" else [host]
        suffix = f"/{bits}" if bits.isdigit() and self.sender.version == 4 else ""
        for one in hosts:
            if any(self._is_in(f"{address}{suffix}") for address in self.dns.addresses(one)):
                return result
        return None

    def _included(self, domain: str) -> Result:
        if "%" in domain or self._is_spent():
            return Result.PERMERROR
        return self.result(domain)

    def _is_spent(self) -> bool:
        self.lookups += 1
        return self.lookups > _MAX_LOOKUPS

    def _is_in(self, network: str) -> bool:
        try:
            return self.sender in ipaddress.ip_network(network, strict=False)
        except ValueError:
            return False
