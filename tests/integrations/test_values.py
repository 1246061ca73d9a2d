"""Single values out of an answer: whatever stands there becomes something that can be stored."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.integrations import values

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40)
@given(anything)
def test_whatever_stands_there_can_be_stored(value: object) -> None:
    line = values.text(value, 50)
    assert len(line) <= 50
    assert "\0" not in line
    line.encode()
    assert len(values.identifier(value)) <= 64
    assert 0 <= values.count(value) < 2**31
    amount = values.price(value)
    assert amount is None or (0 <= amount < 10**10 and amount == round(amount, 2))
    code = values.currency(value)
    assert code is None or len(code.encode()) == 3
    assert values.url(value) == "" or values.url(value).startswith("https://")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1390.0000", Decimal("1390.00")),
        (100, Decimal(100)),
        (99.999, Decimal("100.00")),
        ("0", Decimal(0)),
        ("-1", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e99", None),
        ("9" * 40, None),
        ("12 rub", None),
        (True, None),
        ([1], None),
    ],
)
def test_a_price_is_an_amount_or_none(value: object, expected: Decimal | None) -> None:
    assert values.price(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("rub", "RUB"), (" KZT ", "KZT"), ("₽", None), ("RUBLE", None), (643, None), ("ÄÖÜ", None)],
)
def test_a_currency_has_the_form_of_its_standard(value: object, expected: str | None) -> None:
    assert values.currency(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "http://pictures.example/1.jpg",
        "javascript:alert(1)",
        "https://",
        "https://user@pictures.example/1.jpg",
        'https://pictures.example/"onerror="x',
        "https://pictures.example/ 1.jpg",
        "https://[broken/1.jpg",
        "https://pictures.example/" + "a" * 1000,
        "https://картинки.example/1.jpg",
    ],
)
def test_an_address_that_is_not_plainly_one_of_the_web_is_none(value: str) -> None:
    assert values.url(value) == ""


def test_texts_are_one_line_without_what_cannot_be_seen() -> None:
    assert values.text(" a\x00b\n\u202ec\ud800  d ", 20) == "a b c d"
    assert values.text("x" * 5_000_000, 10) == "x" * 10
