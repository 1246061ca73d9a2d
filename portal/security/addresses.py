"""Mail addresses: how they are taken in, so that one person has one account."""

from email_validator import EmailNotValidError, validate_email


def normal_address(text: str) -> str:
    """An address as it is stored: checked, lower case. Raises ValueError for what is none."""
    try:
        # Intranets have names such as `desk.local`; whether mail gets there is not ours to judge.
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as problem:
        raise ValueError("address") from problem
    return str(found.normalized).lower()
