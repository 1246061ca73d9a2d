import pytest

from portal.security.people.strength import find_problem

ABOUT = ("ann.archer@example.com", "Ann", "Archer", "Birch & Tide Bakery")


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password123!", "Summer2026!", "qwerty123", "aaaaaaaaaaaa", "abcdefgh1",
        "annarcher1", "ann.archer@example.com", "birchtide", "bakery2026",
        "пароль123", "Любовь2026", "йцукен123", "йцукенгшщз", "gfhjkm123", "ghbdtn123",
        "фывапролдж", "наташа1990", "абвгдежз",
    ],
)  # fmt: skip
def test_what_a_guesser_tries_first_is_weak(password: str) -> None:
    assert find_problem(password, ABOUT) == "weak_password"


@pytest.mark.parametrize(
    "password",
    [
        "K8#qz!pL", "correct horse battery staple", "правильная лошадь 🐴", "жук гладит облако",
        "密码是一个很长的句子呢", "x" * 10 + "unlikely words here" * 9,
    ],
)  # fmt: skip
def test_what_takes_long_to_guess_is_good(password: str) -> None:
    assert find_problem(password, ABOUT) is None


@pytest.mark.parametrize(
    ("password", "code"),
    [("", "short_password"), ("ж" * 7, "short_password"), ("🐴x" * 101, "long_password")],
)
def test_the_length_is_counted_in_characters(password: str, code: str) -> None:
    assert find_problem(password) == code


def test_names_of_two_letters_forbid_nothing() -> None:
    assert find_problem("unlikely sentence", ("Al", "Bo", "")) is None
