"""Reads who asked from the cells of a row."""

import re
from collections.abc import Sequence
from functools import lru_cache

from portal.importers.columns import Cell, ColumnMap
from portal.importers.fields import Field
from portal.importers.texts import clean
from portal.security.addresses import normal_address
from portal.services.organizations.organizations import MAX_NAME as MAX_COMPANY
from portal.services.people.imports import ImportedPerson
from portal.services.people.profile import MAX_NAME
from portal.services.tickets.comments import MAX_MESSAGE

_NAME_AND_ADDRESS = re.compile(r'"?(?P<name>[^<>"]*)"?\s*<(?P<address>[^<>\s]+@[^<>\s]+)>')
_MAX_LINE = 400


def requester(columns: ColumnMap, row: Sequence[str]) -> tuple[ImportedPerson | None, str]:
    """The person who asked, or None without an address; and their name.

    Raises ValueError with a sentence for what is no address.
    """
    by_address = columns.cell(row, Field.REQUESTER_EMAIL)
    by_name = columns.cell(row, Field.REQUESTER_NAME)
    name, address = _parts(clean(by_address, _MAX_LINE), is_address=True)
    other_name, other_address = _parts(clean(by_name, _MAX_LINE), is_address=False)
    name, typed = other_name or name, address or other_address
    if not typed:
        return None, name
    company = clean(columns.cell(row, Field.COMPANY), MAX_COMPANY)
    first, last = _split(name)
    email = _normal(by_address if address else by_name, typed)
    return ImportedPerson(email, first, last, company), name


def quoted(name: str, message: str) -> str:
    """The message of somebody who has no account, with their name above it."""
    return f"{name}:\n\n{message}"[:MAX_MESSAGE]


def spellings_of(person: ImportedPerson | None, name: str) -> frozenset[str]:
    """How the requester may be called as the author of a comment, without case."""
    return frozenset({name.casefold(), person.email if person else ""} - {""})


def _parts(text: str, *, is_address: bool) -> tuple[str, str]:
    """Name and address in "Ann <ann@example.com>", or one of them."""
    if match := _NAME_AND_ADDRESS.fullmatch(text):
        return match["name"].strip(), match["address"]
    if is_address or _is_address(text):
        return "", text
    return text, ""


def _is_address(text: str) -> bool:
    return "@" in text and _address(text) is not None


def _normal(cell: Cell, typed: str) -> str:
    address = _address(typed)
    if address is None:
        raise ValueError(f"{cell.column} {typed[:60]!r} is not an e-mail address")
    return address


@lru_cache(maxsize=4096)
def _address(typed: str) -> str | None:
    """The normal form. People ask more than once, and checking an address takes long."""
    try:
        return normal_address(typed)
    except ValueError:
        return None


def _split(name: str) -> tuple[str, str]:
    """First and last name, cut to what an account holds."""
    first, _space, last = name.partition(" ")
    return first[:MAX_NAME], last.strip()[:MAX_NAME]
