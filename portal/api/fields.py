"""Fields of bodies, queries and responses, in addition to those of marshmallow.

Errors are codes, whose messages are in `portal.web.problems`. Texts are cleaned as on pages.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

import marshmallow as ma
from marshmallow import fields, validate
from werkzeug.datastructures import FileStorage

from portal.errors import Invalid
from portal.security import text
from portal.security.addresses import normal_address
from portal.security.smtp_addresses import MAX_ADDRESS

# Raises ValueError with a code.
Check: TypeAlias = Callable[[str], object]

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_CODES: dict[str, Any] = {
    "required": "required",
    "null": "null",
    "invalid": "type",
    "invalid_utf8": "surrogate",
}


class Schema(ma.Schema):
    """Input. Fields that are not listed are refused by name."""

    error_messages = {"unknown": "unknown_field", "type": "type"}  # noqa: RUF012 - marshmallow's

    class Meta:
        unknown = ma.RAISE


class Answer(Schema):
    """Output, for the document: every field is always there, and no other."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:  # noqa: ARG002
        """Mark every field as required."""
        field_obj.required = True


class Line(fields.String):
    """One line of cleaned text. `needed`: must not be empty.

    `check` is asked about a text that is not empty, and raises ValueError with a code. What a field
    can tell by itself belongs there and not into a service alone: a caller hears of all such errors
    at once.
    """

    default_error_messages = _CODES

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

    default_error_messages = _CODES

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


class IdOr(fields.Raw):
    """An id as a text, or an object of `schema` instead."""

    default_error_messages = _CODES

    def __init__(self, ref: Id, schema: type[Schema], *, metadata: dict[str, Any]) -> None:
        super().__init__(metadata=metadata)
        self.ref, self.schema = ref, schema()

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            return self.schema.load(value)
        return self.ref.deserialize(value, *args, **kwargs)


class Email(fields.String):
    """An e-mail address, normalized to the form in which it is stored."""

    default_error_messages = _CODES

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


class Choice(fields.String):
    """One of a list of words."""

    default_error_messages = _CODES

    def __init__(self, choices: Iterable[str], **kwargs: Any) -> None:
        words = [str(choice) for choice in choices]
        super().__init__(validate=validate.OneOf(words, error="unknown"), **kwargs)


class Flag(fields.Boolean):
    """A JSON boolean; no other type is converted."""

    default_error_messages = _CODES

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ma.ValidationError("type")
        return value


class Number(fields.Integer):
    """An integer; in a query its digits. `choices`: only these of the range."""

    default_error_messages = {**_CODES, "too_large": "range"}  # noqa: RUF012 - marshmallow's

    def __init__(
        self, *, least: int, most: int, choices: Collection[int] | None = None, **kwargs: Any
    ) -> None:
        limits = validate.Range(min=least, max=most, error="range")
        super().__init__(validate=limits, **kwargs)
        self.range = range(least, most + 1)
        self.choices = self.range if choices is None else choices

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        is_digits = isinstance(value, str) and value.isascii() and value.isdigit()
        if not (type(value) is int or (is_digits and len(value) < 20)):
            raise ma.ValidationError("type")
        number = int(value)
        if number in self.range and number not in self.choices:
            raise ma.ValidationError("unknown")
        return number


class Moment(fields.String):
    """A time in RFC 3339 with its zone, converted to UTC."""

    default_error_messages = _CODES

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

    default_error_messages = _CODES

    def __init__(
        self, inner: fields.Field[Any], *, most: int, least: int | None = None, **kwargs: Any
    ) -> None:
        limits = [validate.Length(max=most, error="too_many_items")]
        if least is not None:
            limits.append(validate.Length(min=least, error="required"))
        super().__init__(inner, validate=limits, **kwargs)


class File(fields.Field[FileStorage]):
    """An uploaded file."""

    default_error_messages = _CODES

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "binary"}, **kwargs)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> FileStorage:
        if not isinstance(value, FileStorage):
            raise ma.ValidationError("type")
        return value


@contextmanager
def as_field_error(name: str) -> Iterator[None]:
    """Turn the Invalid of a service into what marshmallow gathers, for that field."""
    try:
        yield
    except Invalid as problem:
        raise ma.ValidationError(str(problem.details[name]), name) from None


def _ask(check: Check | None, text: str) -> None:
    if check is not None:
        try:
            check(text)
        except ValueError as problem:
            raise ma.ValidationError(str(problem)) from None


def about(description: str, *examples: object) -> dict[str, Any]:
    """A field's metadata: description and examples."""
    return {"description": description, **({"examples": list(examples)} if examples else {})}


def moment(description: str, **kwargs: Any) -> fields.String:
    """A time in a response: UTC, RFC 3339."""
    metadata = about(description, "2026-11-21T09:30:00Z")
    return fields.String(metadata={"format": "date-time", **metadata}, **kwargs)
