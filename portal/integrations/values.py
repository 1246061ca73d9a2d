"""Single values out of a marketplace's answer, whatever stands in their place."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from portal.integrations.shop import Asked, Problem, ShopError
from portal.models.products.product import MAX_EXTERNAL_ID, MAX_URL

_MAX_COUNT = 2**31 - 1
_MAX_PRICE = Decimal(10) ** 10
_CENT = Decimal("0.01")
_CURRENCY = re.compile("[A-Z]{3}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ID = re.compile(rf"[0-9A-Za-z_-]{{1,{MAX_EXTERNAL_ID}}}", re.ASCII)


def members(said: object, *path: str, asked: Asked) -> list[Any]:
    """The list at `path`. Raises ShopError when there is none: it was no answer of that kind."""
    for name in path:
        said = said.get(name) if isinstance(said, dict) else None
    if not isinstance(said, list):
        raise ShopError(Problem.ANSWER, f"no {path[-1]} in it", asked)
    return said


def objects(said: object) -> Iterator[dict[str, Any]]:
    """The objects in a list; none of what is no list."""
    return (one for one in said if isinstance(one, dict)) if isinstance(said, list) else iter(())


def text(value: object, most: int) -> str:
    """One line, cut; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    # Far more than is kept need not be looked at.
    value = _SURROGATE.sub("", value[: 4 * most])
    printable = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(printable.split())[:most].strip()


def identifier(value: object) -> str:
    """An id as text; empty for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return ""
    if isinstance(value, int):
        return str(value) if 0 < value < 10**19 else ""
    return value if _ID.fullmatch(value) else ""


def count(value: object) -> int:
    """A number of pieces; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return min(max(value, 0), _MAX_COUNT)


def price(value: object) -> Decimal | None:
    """An amount with two decimal places; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value)[:30]).quantize(_CENT)
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and 0 <= amount < _MAX_PRICE else None


def currency(value: object) -> str | None:
    """A code of ISO 4217; None for what has not its form."""
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if _CURRENCY.fullmatch(code) else None


def url(value: object) -> str:
    """An address of the web with TLS; empty for anything else."""
    if not isinstance(value, str) or len(value) > MAX_URL or not value.isascii():
        return ""
    if not value.isprintable() or any(c in value for c in " \"'<>\\"):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc else ""
