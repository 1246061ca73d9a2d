"""Enumerations of event kinds whose members carry a specification."""

from enum import StrEnum
from typing import Any, Self


class SpecifiedKind(StrEnum):
    """A StrEnum whose members are defined as (value, spec)."""

    spec: Any

    def __new__(cls, word: str, spec: Any) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.spec = spec
        return member

    @classmethod
    def known(cls, word: str | None) -> Self | None:
        """The member of that value; None for one that a newer version has written."""
        found = cls._value2member_map_.get(word)
        return found if isinstance(found, cls) else None
