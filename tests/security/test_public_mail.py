"""The list of mail providers where anybody gets an address."""

import pytest

from portal.security import public_mail
from portal.security.addresses import normal_address

pytestmark = pytest.mark.threat("foreign rows")


def test_the_list_has_domains_as_addresses_are_stored_once_each_and_in_no_comment() -> None:
    lines = [line for line in public_mail._FILE.read_text("utf-8").splitlines() if line[0] != "#"]
    assert len(lines) == len(set(lines)) == len(public_mail._listed())
    assert [line for line in lines if normal_address(f"a@{line}") != f"a@{line}"] == []


def test_providers_are_known_with_what_is_below_them_and_companies_are_not() -> None:
    assert all(map(public_mail.is_public, ("gmail.com", "mail.ru", "eu.mail.ru", "yandex.ru")))
    assert not any(map(public_mail.is_public, ("example.com", "notgmail.com", "com", "gmail")))
