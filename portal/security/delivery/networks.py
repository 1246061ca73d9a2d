"""Which IP addresses are on the public Internet, by the IANA registries."""

import ipaddress

_NETWORKS_4 = (
    "0.0.0.0/8",  # this host
    "10.0.0.0/8",
    "100.64.0.0/10",  # carriers' NAT
    "127.0.0.0/8",
    "169.254.0.0/16",  # link-local, with the clouds' metadata
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",  # documentation, as the two below
    "192.88.99.0/24",  # relays of 6to4
    "192.168.0.0/16",
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",  # multicast, reserved, broadcast
)
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_NETWORKS_6 = (
    "2001::/23",  # protocols, Teredo among them
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4: an IPv4 address inside
    "3fff::/20",  # documentation
)
_CLOSED_4 = tuple(ipaddress.IPv4Network(network) for network in _NETWORKS_4)
_CLOSED_6 = tuple(ipaddress.IPv6Network(network) for network in _NETWORKS_6)


def is_public(text: str) -> bool:
    """Whether the address is a public one.

    Outside of 2000::/3 no IPv6 address is: neither loopback, local and multicast networks, nor IPv4
    addresses written as IPv6 (mapped, compatible, NAT64).
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _GLOBAL_6 and not any(address in network for network in _CLOSED_6)
