"""A strict DNS server on loopback: answers what its zone has, by the real wire format."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.resolver import Resolver

# Records by name and type, in the notation of zone files.
Zone = Mapping[tuple[str, str], Sequence[str]]


class DnsServer:
    """`asked` has each question; while `is_silent` nothing is answered."""

    def __init__(self, zone: Zone) -> None:
        self.zone = dict(zone)
        self.asked: list[tuple[str, str]] = []
        self.is_silent = False
        self.rcode = dns.rcode.NOERROR
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def resolver(self) -> Resolver:
        """One that asks this server alone."""
        resolver = Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.port
        return resolver

    def serve(self) -> None:
        while True:
            try:
                wire, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            if not wire:
                return
            response = self._answer(wire)
            if response is not None:
                self._socket.sendto(response, peer)

    def close(self) -> None:
        # Closing alone does not wake the thread.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(b"", ("127.0.0.1", self.port))

    def _answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        assert query.flags & dns.flags.RD, "it does not ask for recursion"
        assert not query.flags & dns.flags.QR and len(query.question) == 1, "no question"
        question = query.question[0]
        name, kind = str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if self.is_silent:
            return None
        response = dns.message.make_response(query, recursion_available=True)
        response.set_rcode(self.rcode)
        if records := self.zone.get((name, kind)):
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        elif not any(known == name for known, _kind in self.zone):
            response.set_rcode(self.rcode or dns.rcode.NXDOMAIN)
        return response.to_wire()


@contextmanager
def dns_server(zone: Zone) -> Iterator[DnsServer]:
    server = DnsServer(zone)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
        server._socket.close()
