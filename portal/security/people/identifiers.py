"""Normalizes phone numbers, taxpayer numbers (INN) and usernames.

Each function returns the stored form and raises ValueError for an invalid text. Empty texts are
handled by the caller.
"""

import re
from contextlib import suppress

USERNAME_LENGTH = 40
# Of the typed text, with spaces and punctuation; the stored form is shorter.
PHONE_LENGTH = 40
INN_LENGTH = 20
# How a number without a country code is read.
_REGIONS = {"ru": "RU", "en": "US"}
_USERNAME = re.compile(r"[a-z0-9._-]{3,40}", re.ASCII | re.IGNORECASE)
# What looks like an id of ours (USR000001, 17) or has no letter could be taken for one.
_LIKE_AN_ID = re.compile(r"(usr)?[0-9]+|[^a-z]*", re.ASCII)
# Usernames that could impersonate the desk, or have a meaning for programs.
RESERVED = frozenset(
    {
        *("abuse", "account", "admin", "administrator", "all", "anonymous", "api", "bot", "desk"),
        *("everyone", "guest", "help", "helpdesk", "hostmaster", "info", "lodge", "mailer-daemon"),
        *("me", "moderator", "no-reply", "nobody", "none", "noreply", "null", "operator", "owner"),
        *("postmaster", "root", "security", "staff", "superuser", "support", "sysadmin", "system"),
        *("team", "undefined", "user", "users", "webmaster"),
    }
)
_INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def normal_phone(text: str, locale: str) -> str:
    """The number in E.164. Without a country code it is read as one of the locale's country."""
    # Imported late: it loads the numbering plans of all countries.
    import phonenumbers

    try:
        number = phonenumbers.parse(text, _REGIONS.get(locale))
    except phonenumbers.NumberParseException:
        raise ValueError("phone") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise ValueError("phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def check_phone(text: str) -> None:
    """Raise ValueError unless the text is a number in one of the countries that we read."""
    for locale in _REGIONS:
        with suppress(ValueError):
            normal_phone(text, locale)
            return
    raise ValueError("phone")


def normal_username(text: str) -> str:
    """The username in lower case. Raises ValueError: "username", or "reserved"."""
    # Before lower(): some non-ASCII letters become ASCII in lower case.
    if not _USERNAME.fullmatch(text):
        raise ValueError("username")
    name = text.lower()
    if name in RESERVED or _LIKE_AN_ID.fullmatch(name):
        raise ValueError("reserved")
    return name


def normal_inn(text: str) -> str:
    """A Russian taxpayer number: ten digits of a company, twelve of a person."""
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", digits, re.ASCII):
        raise ValueError("inn")
    numbers = [int(digit) for digit in digits]
    # The last digit checks a company's number, each of the last two a person's.
    checked = (9,) if len(numbers) == 10 else (10, 11)
    if any(_inn_check(numbers[:position]) != numbers[position] for position in checked):
        raise ValueError("inn")
    if not any(numbers):
        raise ValueError("inn")
    return digits


def _inn_check(numbers: list[int]) -> int:
    weights = _INN_WEIGHTS[-len(numbers) :]
    return sum(w * n for w, n in zip(weights, numbers, strict=True)) % 11 % 10
