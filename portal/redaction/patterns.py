"""Where personal data and secrets stand in a text, by their form. Each repeat has a bound."""

import ipaddress
import re
from collections.abc import Callable, Iterator

from portal.redaction import checks
from portal.redaction.kinds import Kind, Span

_NAMED = (
    r"(?<![^\W_])(?:(?:api|access|auth|secret|private|client|refresh)[_ -]?)?"
    r"(?:key|token|secret|password|passwd|passphrase|pass|pwd|pin"
    r"|парол(?:ь|я|ю|ем|е)|ключ|токен|секрет|пин(?:-код)?)(?!\w)[\"'`]{0,1}"
)
# In quotes with spaces; else all up to the next space, whatever letters a password has.
_VALUE = r"(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})'|`([^`\n]{1,300})`|(\S{1,300}))"
_SECRETS = [
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"{_NAMED}[ \t]{{0,3}}[:=][ \t]{{0,3}}{_VALUE}",
        # Without a colon only what no word is.
        rf"{_NAMED}(?:[ \t]{{1,3}}(?:is|это))?[ \t]{{0,3}}[-–—]?[ \t]{{0,3}}"
        r"[\"'`]{0,1}((?=\S{0,299}\d)\S{4,300})",
        r"\b(?:Bearer|Basic)[ \t]{1,3}([\w.~+/=-]{8,4000})",
        r"(?<!\w)(eyJ[\w-]{5,4000}\.[\w-]{5,4000}\.[\w-]{0,4000})",
        r"(?<!\w)((?:sk|pk|rk|lk|ghp|gho|ghs|xoxb|xoxp|whsec|glpat)[-_][\w-]{10,300})",
        r"(?<!\w)(AKIA[A-Z0-9]{16})(?!\w)",
        r"://[^\s/@:]{0,100}:([^\s/@]{1,200})@",
        r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.{0,9000}?(?:-----END [A-Z ]{0,30}-----|\Z))",
    )
]
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\W_][\w-]{0,62}(?:\.[\w-]{1,63}){0,8}")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?!\w)", re.IGNORECASE | re.ASCII)
# Digits in groups; a card's may stand between others.
_GROUPS = re.compile(r"(?<!\d)\d{1,19}(?:[ \xa0-]\d{1,19}){0,40}(?!\d)", re.ASCII)
_GROUP = re.compile(r"\d+", re.ASCII)
_CARD_LENGTHS = range(13, 20)
_MAX_GROUPS = 19
_INN = re.compile(r"(?<!\d)\d{10}(?:\d{2})?(?!\d)", re.ASCII)
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f:]{2,39}(?::\d{1,3}(?:\.\d{1,3}){3})?(?!\w)", re.I | re.ASCII)
_PLUS = re.compile(r"(?<!\w)\+\d(?:[ \xa0()./-]{0,2}\d){8,14}(?!\d)", re.ASCII)
_PLACEHOLDER = re.compile(r"\[[A-Z]{2,10}_\d{1,5}\]", re.ASCII)


def spans(text: str, region: str | None) -> Iterator[Span]:
    """All of them, some of which may overlap. `region`: where telephones without `+` may be."""
    for secret in _SECRETS:
        # Of its groups one matches.
        yield from (
            Span(*found.span(found.lastindex or 0), Kind.SECRET) for found in secret.finditer(text)
        )
    yield from _matching(_EMAIL, text, Kind.EMAIL)
    yield from _ibans(text)
    yield from _cards(text)
    yield from _matching(_IPV4, text, Kind.IP, _is_address)
    yield from _matching(_IPV6, text, Kind.IP, _is_address)
    yield from _matching(_INN, text, Kind.INN, checks.is_inn)
    yield from _matching(_PLUS, text, Kind.PHONE)
    yield from _phones(text, region)
    yield from _matching(_PLACEHOLDER, text, Kind.TEXT)


def _matching(
    pattern: re.Pattern[str], text: str, kind: Kind, is_one: Callable[[str], bool] | None = None
) -> Iterator[Span]:
    for found in pattern.finditer(text):
        if is_one is None or is_one(found[0]):
            yield Span(*found.span(), kind)


def _ibans(text: str) -> Iterator[Span]:
    for found in _IBAN.finditer(text):
        places = [at for at in range(*found.span()) if text[at].isalnum()]
        length = checks.iban_length("".join(text[at] for at in places))
        if length:
            yield Span(found.start(), places[length - 1] + 1, Kind.IBAN)


def _cards(text: str) -> Iterator[Span]:
    for found in _GROUPS.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, *found.span())]
        for at, (start, _end) in enumerate(groups):
            digits = ""
            for first, end in groups[at : at + _MAX_GROUPS]:
                digits += text[first:end]
                if len(digits) in _CARD_LENGTHS and checks.is_card(digits):
                    yield Span(start, end, Kind.CARD)


def _phones(text: str, region: str | None) -> Iterator[Span]:
    """Numbers that some country gives out; dates and numbers of orders are none."""
    import phonenumbers  # here: most processes never need it

    for found in phonenumbers.PhoneNumberMatcher(text, region, max_tries=1000):
        yield Span(found.start, found.end, Kind.PHONE)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(letter.isalnum() for letter in text)
