"""Requests to a marketplace: how long it wants to wait, and no key in what is said of it."""

import pytest

from portal.integrations.asking import Asker, require_key
from portal.integrations.shop import Problem, ShopError
from portal.security.delivery.outbound import Answer

SECRET = "eyJ.super-secret.key"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-retry": "4", "retry-after": "9"}, 4.0),
        ({"retry-after": "9"}, 9.0),
        ({"x-ratelimit-retry": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "0"}, 1.0),
        ({"retry-after": "-5"}, 30.0),
        ({"retry-after": "nan"}, 30.0),
        ({"retry-after": "inf"}, 30.0),
        ({"retry-after": "999999999"}, 3600.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({}, 30.0),
    ],
)
def test_the_wait_is_as_its_headers_say_within_an_hour(
    headers: dict[str, str], seconds: float
) -> None:
    asker = Asker({}, ("x-ratelimit-retry", "retry-after"))
    assert asker._wait(Answer(429, headers, b"")) == seconds


@pytest.mark.threat("secrets in logs")
def test_a_key_that_the_marketplace_repeats_is_not_repeated_by_us() -> None:
    asker = Asker({"Authorization": SECRET})
    said = asker.detail(Answer(400, {}, f'{{"message": "no good: {SECRET}\\n!"}}'.encode()))
    assert said == "HTTP 400 no good: … !"
    assert SECRET not in repr(asker)


@pytest.mark.threat("secrets in logs")
@pytest.mark.parametrize(
    "key", ["", "two\nlines", "two words", "ключ", "nul\0", "x" * 4097, "\ud800"]
)
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_its_words(key: str) -> None:
    with pytest.raises(ShopError) as refused:
        require_key(key)
    assert refused.value.problem is Problem.UNREADABLE
    assert str(refused.value) == "key_unreadable: "
