"""Fields of what people say of themselves, in bodies of registration and of the profile."""

from typing import Any

from portal.api.fields import Line, about
from portal.security.people.identifiers import (
    INN_LENGTH,
    PHONE_LENGTH,
    USERNAME_LENGTH,
    check_phone,
    normal_inn,
    normal_username,
)
from portal.services.people import profile


def first_name() -> Line:
    return Line(max_length=profile.MAX_NAME, metadata=about("", "Ann"))


def last_name() -> Line:
    return Line(max_length=profile.MAX_NAME, metadata=about("", "Archer"))


def username(**options: Any) -> Line:
    return Line(
        max_length=USERNAME_LENGTH,
        check=normal_username,
        metadata=about("3 to 40 of a–z 0–9 . - _", "ann.archer"),
        **options,
    )


def phone(**options: Any) -> Line:
    return Line(
        max_length=PHONE_LENGTH,
        check=check_phone,
        metadata=about("With the country code.", "+12025550143"),
        **options,
    )


def inn(**options: Any) -> Line:
    return Line(
        max_length=INN_LENGTH,
        check=normal_inn,
        metadata=about("Russian taxpayer number, 10 or 12 digits.", "7707083893"),
        **options,
    )
