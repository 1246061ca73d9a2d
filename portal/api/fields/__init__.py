"""Fields of bodies, queries and responses, in addition to those of marshmallow.

Errors are codes, whose messages are in `portal.web.problems`.
"""

from portal.api.fields.base import Answer, Schema, about, as_field_error, moment
from portal.api.fields.texts import Email, Id, Line, Secret, Text
from portal.api.fields.values import Choice, File, Flag, IdOr, Items, Moment, Number

__all__ = [
    "Answer",
    "Choice",
    "Email",
    "File",
    "Flag",
    "Id",
    "IdOr",
    "Items",
    "Line",
    "Moment",
    "Number",
    "Schema",
    "Secret",
    "Text",
    "about",
    "as_field_error",
    "moment",
]
