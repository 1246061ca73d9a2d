"""Mail providers where anybody gets an address: such a domain is no organization's."""

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("public_mail_domains.txt")


def is_public(domain: str) -> bool:
    """Whether a domain (in lower case), or one that it is below, is on the list."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in _listed() for start in range(len(labels) - 1))


@cache
def _listed() -> frozenset[str]:
    lines = _FILE.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
