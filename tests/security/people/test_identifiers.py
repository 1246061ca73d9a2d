"""Telephone numbers, INNs and usernames: what they are stored as, and what is none."""

import pytest

from portal.security.people.identifiers import RESERVED, normal_inn, normal_phone, normal_username


@pytest.mark.parametrize(
    ("text", "locale", "stored"),
    [
        ("+7 912 345-67-89", "en", "+79123456789"),
        ("8 912 345 67 89", "ru", "+79123456789"),
        ("(212) 555-0123", "en", "+12125550123"),
        ("+44 20 7946 0958", "ru", "+442079460958"),
    ],
)
def test_a_number_is_stored_as_the_world_dials_it(text: str, locale: str, stored: str) -> None:
    assert normal_phone(text, locale) == stored
    assert normal_phone(stored, "en") == stored


@pytest.mark.parametrize(
    "text", ["", "x", "12", "+7 000 000", "+1 212 555 0123 ext. 5", "+" + "7" * 200, "+999 1234567"]
)
def test_what_nobody_can_dial_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        normal_phone(text, "en")


# Published numbers of companies, and numbers made for examples of the rule.
@pytest.mark.parametrize("text", ["7707083893", "7736050003", "500100732259", "7707 083 893"])
def test_an_inn_whose_check_digits_fit_is_taken(text: str) -> None:
    assert normal_inn(text) == text.replace(" ", "")


@pytest.mark.parametrize("text", ["7707083893", "500100732259"])
def test_one_wrong_digit_is_always_seen(text: str) -> None:
    for position, digit in enumerate(text):
        other = str((int(digit) + 1) % 10)
        with pytest.raises(ValueError, match="inn"):
            normal_inn(text[:position] + other + text[position + 1 :])


@pytest.mark.parametrize(
    "text", ["", "770708389", "77070838930", "0000000000", "000000000000", "٧٧٠٧٠٨٣٨٩٣", "x" * 10]
)
def test_what_is_no_inn_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="inn"):
        normal_inn(text)


@pytest.mark.parametrize("text", ["ann", "a.b-c_9", "x" * 40, "Ann"])
def test_a_username_is_stored_in_lower_case(text: str) -> None:
    assert normal_username(text) == text.lower()


@pytest.mark.parametrize(
    "text", ["", "ab", "x" * 41, "a b", "ann@x", "анна", "ann\n", "KELVIN\u212a"]
)
def test_other_characters_and_lengths_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="username"):
        normal_username(text)


@pytest.mark.parametrize(
    "text", [*sorted(n for n in RESERVED if len(n) > 2), "usr17", "123", "..."]
)
def test_names_that_could_be_taken_for_somebody_else_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        normal_username(text.upper())
