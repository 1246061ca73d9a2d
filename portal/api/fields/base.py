"""What all of them rest on: schemas, codes of errors, and what the document tells of a field."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import marshmallow as ma
from marshmallow import fields

from portal.errors import Invalid

CODES: dict[str, Any] = {
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


@contextmanager
def as_field_error(name: str) -> Iterator[None]:
    """Turn the Invalid of a service into what marshmallow gathers, for that field."""
    try:
        yield
    except Invalid as problem:
        raise ma.ValidationError(str(problem.details[name]), name) from None


def about(description: str, *examples: object) -> dict[str, Any]:
    """A field's metadata: description and examples."""
    return {"description": description, **({"examples": list(examples)} if examples else {})}


def moment(description: str, **kwargs: Any) -> fields.String:
    """A time in a response: UTC, RFC 3339."""
    metadata = about(description, "2026-11-21T09:30:00Z")
    return fields.String(metadata={"format": "date-time", **metadata}, **kwargs)
