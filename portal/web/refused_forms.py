"""What somebody typed into a form that is refused for a reason outside its fields.

Its page is gone when the refusal arrives, unless scripts kept it. So the refusal shows the typed
texts: to be sent again where that helps, else to be copied. Nothing is stored.
"""

from contextlib import suppress
from typing import NamedTuple

from flask import g, request, session
from flask_wtf.csrf import validate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.multipart import Data, Field, File, MultipartDecoder, NeedData
from wtforms import ValidationError

from portal.web.form_fields import FieldKind, KnownField, known_fields
from portal.web.middleware import cross_site

_TOKEN = "csrf_token"  # noqa: S105 - a name
# Of a body that is too large, so much is read to find the texts before its files.
_BEGINNING = 1024 * 1024
_PIECE = 64 * 1024
_TYPED = frozenset({FieldKind.LINE, FieldKind.TEXT})


class TypedField(NamedTuple):
    """A field to be shown: with what was typed, or empty for a secret or files."""

    name: str
    label: object
    kind: str
    value: str
    autocomplete: str = ""


class RefusedForm(NamedTuple):
    """`again`: whether it can be sent again as it stands here, with `hidden` (name, value)."""

    action: str
    multipart: bool
    fields: tuple[TypedField, ...]
    hidden: tuple[tuple[str, str], ...]
    again: bool


def of_request(*, again: bool = False) -> RefusedForm | None:
    """What this request's form said; None if nothing was typed, or if it is no form of ours."""
    if request.method != "POST":
        return None
    sent = _sent()
    if not _is_ours(sent.get(_TOKEN, "")):
        return None
    known = {name: known_fields()[name] for name in sent if name in known_fields()}
    typed = [name for name, field in known.items() if field.kind in _TYPED]
    if not any(value.strip() for name in typed for value in sent.getlist(name)):
        return None
    return RefusedForm(
        action=request.full_path.rstrip("?"),
        multipart=request.mimetype == "multipart/form-data",
        fields=_shown(sent, known, again=again),
        hidden=_hidden(sent, known),
        again=again and set(sent) <= {*known, _TOKEN},
    )


def _shown(
    sent: MultiDict[str, str], known: dict[str, KnownField], *, again: bool
) -> tuple[TypedField, ...]:
    found = []
    for name, (kind, label, autocomplete) in known.items():
        if kind in _TYPED and (again or sent[name].strip()):
            found.append(TypedField(name, label, kind.name.lower(), _showable(sent[name])))
        elif kind is FieldKind.SECRET and again:
            found.append(TypedField(name, label, "secret", "", autocomplete))
    if again and _has_files():
        found += [
            TypedField(name, field.label, "file", "")
            for name, field in known_fields().items()
            if field.kind is FieldKind.FILE and name in request.files
        ]
    return tuple(found)


def _hidden(sent: MultiDict[str, str], known: dict[str, KnownField]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, _showable(value))
        for name, field in known.items()
        if field.kind is FieldKind.CHOICE
        for value in sent.getlist(name)
    )


def _showable(text: str) -> str:
    """Without what may have been the reason for the refusal: what no page can hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _has_files() -> bool:
    return "files" in vars(request) and any(file.filename for file in request.files.values())


def _is_ours(token: str) -> bool:
    """Whether a page of ours sent it: a page elsewhere must not put its words into our mouth."""
    if g.get("csrf_valid") or cross_site.is_same_origin():
        return True
    with suppress(ValidationError):
        validate_csrf(token)
        return True
    return False


def _sent() -> MultiDict[str, str]:
    """The texts of the form, as far as they can be had."""
    if "form" not in vars(request):
        if "stream" in vars(request):
            return MultiDict()  # it could not be read to its end
        if (request.content_length or 0) > (request.max_content_length or 0):
            return _beginning()
    with suppress(HTTPException):
        return request.form
    return MultiDict()


def _beginning() -> MultiDict[str, str]:
    """The texts before the first file of a body that is too large to be read."""
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "ignore")
    found: MultiDict[str, str] = MultiDict()
    # Nobody waits for a stranger, who has no form that takes files.
    if request.mimetype != "multipart/form-data" or not boundary or "_user_id" not in session:
        return found
    decoder = MultipartDecoder(boundary, max_form_memory_size=_BEGINNING, max_parts=100)
    name, value = "", b""
    read = 0
    with suppress(HTTPException, ValueError, OSError):
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                if read >= _BEGINNING:
                    break
                piece = request.input_stream.read(_PIECE)
                read += len(piece)
                decoder.receive_data(piece or None)
            elif isinstance(event, Field):
                name, value = event.name, b""
            elif isinstance(event, Data):
                value += event.data
                if not event.more_data:
                    found.add(name, value.decode("utf-8", "replace"))
            elif isinstance(event, File):
                break
    return found
