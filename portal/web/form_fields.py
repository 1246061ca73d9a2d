"""What is known of the fields of all forms, by their names: which hold text, and which a secret."""

from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

from wtforms import (
    FileField,
    HiddenField,
    MultipleFileField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)

from portal.i18n import lazy_gettext as _
from portal.web.forms import Form, SecretField


class FieldKind(Enum):
    LINE = auto()
    TEXT = auto()
    # Chosen, not typed.
    CHOICE = auto()
    FILE = auto()
    SECRET = auto()


class KnownField(NamedTuple):
    kind: FieldKind
    label: object
    autocomplete: str = ""


# Fields that templates write themselves, without a form class.
_WRITTEN = {
    "tags": KnownField(FieldKind.LINE, _("Tags")),
    "value": KnownField(FieldKind.LINE, _("Tag")),
    "raw": KnownField(FieldKind.TEXT, _("The mail with its headers")),
    "file": KnownField(FieldKind.FILE, _("Or a file (.eml)")),
    **{
        name: KnownField(FieldKind.CHOICE, "")
        for name in ("action", "at", "cursor", "from", "next", "numbers", "read_to", "unread")
    },
}
_KINDS: tuple[tuple[type, FieldKind], ...] = (
    (SecretField, FieldKind.SECRET),
    (PasswordField, FieldKind.SECRET),
    (FileField, FieldKind.FILE),
    (MultipleFileField, FieldKind.FILE),
    (HiddenField, FieldKind.CHOICE),
    (SelectField, FieldKind.CHOICE),
    (TextAreaField, FieldKind.TEXT),
    (StringField, FieldKind.LINE),
)


@lru_cache(maxsize=1)
def known_fields() -> dict[str, KnownField]:
    """By name. Two forms may use a name; a secret of one of them is never taken for text."""
    found = dict(_WRITTEN)
    for form in _subclasses(Form):
        for name, unbound in vars(form).items():
            if not hasattr(unbound, "field_class"):
                continue
            field = _known(unbound.bind(None, name, _meta=Form.Meta()))
            if name not in found or field.kind is FieldKind.SECRET:
                found[name] = field
    return found


def _known(field: Any) -> KnownField:
    render = field.render_kw or {}
    kind = next((kind for sort, kind in _KINDS if isinstance(field, sort)), FieldKind.CHOICE)
    if render.get("autocomplete") == "one-time-code":
        kind = FieldKind.SECRET
    return KnownField(kind, field.label.text, render.get("autocomplete", ""))


def _subclasses(kind: type) -> list[type]:
    direct: list[type] = kind.__subclasses__()
    return [*direct, *(one for child in direct for one in _subclasses(child))]
