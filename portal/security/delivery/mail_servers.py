"""Connections to mail servers that administrators name, by the rules of `outbound`.

All addresses of the name are public, the port is one of IMAP's own, and there is TLS. What the
operator has written in OUTBOUND_ALLOW (`host:port`) or INBOUND_URL may also be private, use another
port, and do without TLS.
"""

import socket
import ssl

from portal.extensions import setting
from portal.inbound_url import Fetching
from portal.security.delivery import connections
from portal.security.delivery.connections import CONNECT_SECONDS, Deadline
from portal.security.delivery.networks import is_public
from portal.security.delivery.outbound import OutboundError, normal_host

_PORTS = frozenset({143, 993})

tls_context = connections.tls_context


def connect(host: str, port: int, *, security: str, within: float) -> socket.socket:
    """A connection, under TLS already if `security` is "tls"; the certificate is verified.

    Raises OutboundError: "url", "unreachable", "timeout" or "tls".
    """
    deadline = Deadline(within)
    try:
        name = normal_host(host)
    except ValueError:
        raise OutboundError("url") from None
    addresses = _addresses(name, port, security, deadline)
    try:
        connection = connections.connect(addresses, deadline)
        if connection is None:
            raise OutboundError("unreachable")
        return (
            connections.start_tls(connection, name, deadline) if security == "tls" else connection
        )
    except TimeoutError:
        raise OutboundError("timeout") from None
    except ssl.SSLError as error:
        raise OutboundError("tls") from error
    except OSError as error:
        raise OutboundError("unreachable") from error


def _addresses(name: str, port: int, security: str, deadline: Deadline) -> connections.Addresses:
    allowed = (name, port) in setting("OUTBOUND_ALLOW") or _is_of_setting(name, port)
    if not allowed and (port not in _PORTS or security == "none"):
        raise OutboundError("url")
    found = connections.resolve(name, port, deadline.within(CONNECT_SECONDS))
    if not found or not (allowed or all(is_public(str(one[0])) for _family, one in found)):
        raise OutboundError("unreachable")
    return found


def _is_of_setting(name: str, port: int) -> bool:
    source = setting("INBOUND_URL")
    return isinstance(source, Fetching) and (source.host, source.port) == (name, port)
