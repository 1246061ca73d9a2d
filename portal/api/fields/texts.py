"""Fields of text, cleaned as on pages."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import marshmallow as ma
from marshmallow import fields, validate

from portal.api.fields.base import CODES
from portal.security import text
from portal.security.addresses import normal_address
from portal.security.smtp_addresses import MAX_ADDRESS

# Raises ValueError with a code.
Check: TypeAlias = Callable[[str], object]


class Line(fields.String):
    """One line of cleaned text. `needed`: must not be empty.

    `check` is asked about a text that is not empty, and raises ValueError with a code. What a field
    can tell by itself belongs there and not into a service alone: a caller hears of all such errors
    at once.
    """

    default_error_messages = CODES

    def __init__(
        self,
        *,
        max_length: int,
        needed: bool = False,
        multiline: bool = False,
        check: Check | None = None,
        **kwargs: Any,
    ) -> None:
        limits = validate.Length(min=1 if needed else None, max=max_length, error="too_long")
        super().__init__(validate=limits, **kwargs)
        self.max_length = max_length
        self.needed = needed
        self.multiline = multiline
        self.check = check

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        given: str = super()._deserialize(value, *args, **kwargs)
        # Before cleaning, which takes time.
        if len(given) > self.max_length:
            raise ma.ValidationError("too_long")
        try:
            cleaned = text.clean(given, max_length=self.max_length, multiline=self.multiline)
        except ValueError as problem:
            raise ma.ValidationError(str(problem)) from None
        cleaned = cleaned.strip()
        if self.needed and not cleaned:
            raise ma.ValidationError("required")
        if cleaned:
            _ask(self.check, cleaned)
        return cleaned


class Text(Line):
    """Several lines of cleaned text."""

    def __init__(self, *, max_length: int, needed: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, needed=needed, multiline=True, **kwargs)


class Id(Line):
    """An id (or one of a few words) in the form of `pattern`, or nothing."""

    def __init__(
        self,
        *,
        max_length: int,
        pattern: str,
        metadata: dict[str, Any],
        needed: bool = False,
        **kwargs: Any,
    ) -> None:
        told = {"pattern": f"^({pattern}){'' if needed else '?'}$", **metadata}
        super().__init__(max_length=max_length, needed=needed, metadata=told, **kwargs)
        self.pattern = re.compile(pattern, re.ASCII)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        given = super()._deserialize(value, *args, **kwargs)
        if value and not self.pattern.fullmatch(value):
            raise ma.ValidationError("unknown")
        return given


class Secret(fields.String):
    """A password or token: taken as it is, up to a length.

    `check` is that of Line; it also tells what is wrong with a text below `min_length`.
    """

    default_error_messages = CODES

    def __init__(
        self, *, max_length: int, min_length: int = 1, check: Check | None = None, **kwargs: Any
    ) -> None:
        limits = validate.Length(min=min_length, max=max_length, error="too_long")
        super().__init__(validate=limits, load_only=True, **kwargs)
        self.max_length = max_length
        self.check = check

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        given: str = super()._deserialize(value, *args, **kwargs)
        if not given:
            raise ma.ValidationError("required")
        if len(given) <= self.max_length:
            _ask(self.check, given)
        return given


class Email(fields.String):
    """An e-mail address, normalized to the form in which it is stored."""

    default_error_messages = CODES

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validate=validate.Length(max=MAX_ADDRESS, error="too_long"),
            metadata={"format": "email", **kwargs.pop("metadata", {})},
            **kwargs,
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        given: str = super()._deserialize(value, *args, **kwargs)
        try:
            return normal_address(
                text.clean(given, max_length=MAX_ADDRESS, multiline=False).strip()
            )
        except ValueError as problem:
            raise ma.ValidationError(str(problem)) from None


def _ask(check: Check | None, text: str) -> None:
    if check is not None:
        try:
            check(text)
        except ValueError as problem:
            raise ma.ValidationError(str(problem)) from None
