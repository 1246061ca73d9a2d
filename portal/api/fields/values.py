"""Fields of anything but free text."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage

from portal.api.fields.base import CODES, Schema
from portal.api.fields.texts import Id

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class IdOr(fields.Raw):
    """An id as a text, or an object of `schema` instead."""

    default_error_messages = CODES

    def __init__(self, ref: Id, schema: type[Schema], *, metadata: dict[str, Any]) -> None:
        super().__init__(metadata=metadata)
        self.ref, self.schema = ref, schema()

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            return self.schema.load(value)
        return self.ref.deserialize(value, *args, **kwargs)


class Choice(fields.String):
    """One of a list of words."""

    default_error_messages = CODES

    def __init__(self, choices: Iterable[str], **kwargs: Any) -> None:
        words = [str(choice) for choice in choices]
        super().__init__(validate=validate.OneOf(words, error="unknown"), **kwargs)


class Flag(fields.Boolean):
    """A JSON boolean; no other type is converted."""

    default_error_messages = CODES

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ma.ValidationError("type")
        return value


class Number(fields.Integer):
    """An integer, for JSON Schema also 7.0; in a query its digits.

    `choices`: only these of the range.
    """

    default_error_messages = {**CODES, "too_large": "range"}  # noqa: RUF012 - marshmallow's

    def __init__(
        self, *, least: int, most: int, choices: Collection[int] | None = None, **kwargs: Any
    ) -> None:
        limits = validate.Range(min=least, max=most, error="range")
        super().__init__(validate=limits, **kwargs)
        self.range = range(least, most + 1)
        self.choices = self.range if choices is None else choices

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        is_digits = isinstance(value, str) and value.isascii() and value.isdigit()
        is_whole = type(value) is int or (isinstance(value, float) and value.is_integer())
        if not (is_whole or (is_digits and len(value) < 20)):
            raise ma.ValidationError("type")
        number = int(value)
        if number in self.range and number not in self.choices:
            raise ma.ValidationError("unknown")
        return number


class Moment(fields.String):
    """A time in RFC 3339 with its zone, converted to UTC."""

    default_error_messages = CODES

    def __init__(self, *, metadata: dict[str, Any]) -> None:
        super().__init__(metadata={"format": "date-time", **metadata})

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        given: str = super()._deserialize(value, *args, **kwargs)
        if not _RFC_3339.fullmatch(given):
            raise ma.ValidationError("time")
        try:
            return datetime.fromisoformat(given.upper()).astimezone(UTC)
        except (ValueError, OverflowError):  # in no calendar
            raise ma.ValidationError("time") from None


class Items(fields.List[Any]):
    """A list of `inner` fields."""

    default_error_messages = CODES

    def __init__(
        self, inner: fields.Field[Any], *, most: int, least: int | None = None, **kwargs: Any
    ) -> None:
        limits = [validate.Length(max=most, error="too_many_items")]
        if least is not None:
            limits.append(validate.Length(min=least, error="required"))
        super().__init__(inner, validate=limits, **kwargs)


class File(fields.Field[FileStorage]):
    """An uploaded file."""

    default_error_messages = CODES

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "binary"}, **kwargs)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> FileStorage:
        if not isinstance(value, FileStorage):
            raise ma.ValidationError("type")
        return value
