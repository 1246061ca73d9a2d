"""Where buckets are: light, as it is known before what speaks with them is loaded."""

from typing import NamedTuple


class Account(NamedTuple):
    """`links`: whether readers fetch files from the bucket itself, by an address for a minute."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    links: bool
