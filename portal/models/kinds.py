"""Kinds of events, each with all that is to say of it."""

from enum import StrEnum
from typing import Any, Self


class SpecifiedKind(StrEnum):
    """A kind whose members are a word and a spec. A member without a spec is none."""

    spec: Any

    def __new__(cls, word: str, spec: Any) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.spec = spec
        return member

    @classmethod
    def known(cls, word: str | None) -> Self | None:
        """The kind of that name; None when a newer version of Lodge has written it."""
        found = cls._value2member_map_.get(word)
        return found if isinstance(found, cls) else None
