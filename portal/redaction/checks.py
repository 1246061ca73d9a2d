"""Check digits: what tells a card's number from an order's."""

from collections.abc import Sequence

_MIN_IBAN = 15
_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11 = (7, *_INN_10)
_INN_12 = (3, *_INN_11)


def is_card(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812)."""
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0 and any(doubled)


def iban_length(text: str) -> int:
    """How many letters of `text` are an IBAN (ISO 13616, the longest); 0: none are.

    What follows it may look like more of it. `text` has no spaces.
    """
    for length in range(len(text), _MIN_IBAN - 1, -1):
        moved = text[4:length] + text[:4]
        if int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1:
            return length
    return 0


def is_inn(digits: str) -> bool:
    """A Russian taxpayer number: ten digits of a company, twelve of a person."""
    if len(digits) == len(_INN_10) + 1:
        return _ends_with(digits, _INN_10)
    return _ends_with(digits[:-1], _INN_11) and _ends_with(digits, _INN_12)


def _ends_with(digits: str, weights: Sequence[int]) -> bool:
    products = zip(map(int, digits), weights, strict=False)
    return sum(digit * weight for digit, weight in products) % 11 % 10 == int(digits[-1])
