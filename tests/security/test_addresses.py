"""An address is stored in one form, and costs no more than it is long."""

import pytest

from portal.security.addresses import normal_address
from tests import timing


def test_an_address_is_stored_in_lower_case():
    assert normal_address("Ann@Example.COM") == "ann@example.com"


@pytest.mark.parametrize(
    "text", ["", "ann", "ann@", "@example.com", "a b@example.com", "a@b@example.com"]
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(ValueError, match=r"^address$"):
        normal_address(text)


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("text", ["a" * 1_000_000, "a@" + "b." * 500_000, "\u0301" * 500_000])
def test_a_megabyte_is_refused_at_once(text: str):
    def ask():
        with pytest.raises(ValueError, match=r"^address$"):
            normal_address(text)

    assert timing.work(ask) < 0.05
