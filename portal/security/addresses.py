"""Normalizes mail addresses, so that one person has one account.

Stored form: lower case, the domain in Unicode, ASCII only before the @. The form for SMTP is in
`portal.security.smtp_addresses`.
"""

import email_validator
from email_validator import EmailNotValidError, validate_email

from portal.security.smtp_addresses import MAX_ADDRESS, is_local_part

# Intranets use names such as `desk.local`; deliverability is not checked here.
_ALSO = "local"

if _ALSO in email_validator.SPECIAL_USE_DOMAIN_NAMES:
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_ALSO)


def normal_address(text: str) -> str:
    """The stored form of an address.

    Raises ValueError with a code: "local_part" when only the part before the @ is not supported,
    else "address".
    """
    if len(text) > MAX_ADDRESS:
        raise ValueError("address")  # parsing a megabyte takes nearly a second
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
    """Forms under which the account of a typed address may be stored, the typed one first.

    Rows from before a rule of `normal_address` keep their spelling.
    """
    typed = text.strip().lower()
    try:
        return tuple(dict.fromkeys((typed, normal_address(text.strip()))))
    except ValueError:
        return (typed,)
