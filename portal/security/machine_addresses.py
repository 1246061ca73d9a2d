"""Addresses that no single person reads, by their look: robots and mailing lists."""

import re

_ROBOT = re.compile(
    r"(?:no-?reply|do-?not-?reply|bounces?|mailer-daemon|postmaster)(?:[+.-].*)?", re.ASCII
)
_LIST = re.compile(
    r"(?:owner|list)-.+|.+-(?:list|owner|request|bounces|(?:un)?subscribe)", re.ASCII
)
_LIST_DOMAIN = re.compile(r"(?:lists?|groups)\..+|googlegroups\.com|groups\.io", re.ASCII)


def is_of_machine(address: str) -> bool:
    """Whether an address in the form of accounts looks like one of a robot or a list."""
    local, _, domain = address.rpartition("@")
    return bool(_ROBOT.fullmatch(local) or _LIST.fullmatch(local) or _LIST_DOMAIN.fullmatch(domain))
