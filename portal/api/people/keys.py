"""A new API key in a response."""

from typing import Any

from marshmallow import fields

from portal.api.fields import Answer, about, moment
from portal.models.people import ApiKey, KeyScope


class KeySchema(Answer):
    """An API key. `key` is never shown again."""

    key = fields.String(metadata=about("The key itself: keep it safe."))
    prefix = fields.String(metadata=about("What it is known by afterwards.", "lk_a1B2c3D4"))
    name = fields.String(metadata=about("What its owner calls it.", "ERP"))
    scope = fields.String(metadata={"enum": [str(s) for s in KeyScope], **about("What it may do.")})
    expires_at = moment("When it ends; null: never.", allow_none=True)


def key_json(key: ApiKey, text: str) -> dict[str, Any]:
    """A KeySchema."""
    return {
        "key": text,
        "prefix": key.prefix,
        "name": key.name,
        "scope": key.scope,
        "expires_at": key.expires_at,
    }
