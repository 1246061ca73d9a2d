"""Addresses that no single person reads."""

import pytest

from portal.security.machine_addresses import is_of_machine


@pytest.mark.parametrize(
    "address",
    [
        "no-reply@example.com",
        "noreply+7@example.com",
        "donotreply@example.com",
        "bounces-12=ann@example.com",
        "mailer-daemon@example.com",
        "postmaster@example.com",
        "boilers-request@example.com",
        "owner-boilers@example.com",
        "boilers@lists.example.com",
        "boilers@googlegroups.com",
    ],
)
def test_robots_and_lists_are_known_by_their_names(address: str) -> None:
    assert is_of_machine(address)


@pytest.mark.parametrize(
    "address",
    ["ann@example.com", "reply@example.com", "list@example.com", "norah@list-price.example"],
)
def test_people_are_none(address: str) -> None:
    assert not is_of_machine(address)
