"""Mail addresses: how they are taken in, so that one person has one account."""

from email_validator import EmailNotValidError, validate_email

# RFC 5321 leaves no room for more in a mail's envelope.
_MAX_ADDRESS = 254


def normal_address(text: str) -> str:
    """An address as it is stored: checked, lower case. Raises ValueError for what is none."""
    if len(text) > _MAX_ADDRESS:
        raise ValueError("address")  # reading one of a megabyte takes the most of a second
    try:
        # Intranets have names such as `desk.local`; whether mail gets there is not ours to judge.
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as problem:
        raise ValueError("address") from problem
    return str(found.normalized).lower()
