"""Mail addresses: how they are taken in, so that one person has one account.

An account's address is stored in one form: lower case, the domain as people read it, and nothing
beyond ASCII before the @. How mail carries it is in `portal.security.smtp_addresses`.
"""

import email_validator
from email_validator import EmailNotValidError, validate_email

from portal.security.smtp_addresses import MAX_ADDRESS, is_local_part

# Intranets have names such as `desk.local`; whether mail gets there is not ours to judge.
_ALSO = "local"

if _ALSO in email_validator.SPECIAL_USE_DOMAIN_NAMES:
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_ALSO)


def normal_address(text: str) -> str:
    """An address as it is stored. Raises ValueError with a code for what is none.

    "address"; "local_part" when only what stands before the @ is not to be had.
    """
    if len(text) > MAX_ADDRESS:
        raise ValueError("address")  # reading one of a megabyte takes the most of a second
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as problem:
        raise ValueError("address") from problem
    if not is_local_part(found.local_part):
        raise ValueError("local_part")
    if len(found.local_part) + 1 + max(map(len, (found.domain, found.ascii_domain))) > MAX_ADDRESS:
        raise ValueError("address")
    return f"{found.local_part.lower()}@{found.domain}"


def spellings(text: str) -> tuple[str, ...]:
    """What an account may be stored under whose address somebody has typed, as typed first.

    Rows that are older than a rule of `normal_address` keep the spelling that they have.
    """
    typed = text.strip().lower()
    try:
        return tuple(dict.fromkeys((typed, normal_address(text.strip()))))
    except ValueError:
        return (typed,)
