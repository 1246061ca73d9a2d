"""Checks before every view: size of the body, CSRF token, text that no database can store."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user

from portal.errors import Invalid
from portal.extensions import csrf, setting
from portal.security.text import has_surrogate
from portal.services.tickets import first_tickets
from portal.web import problems
from portal.web.current import current_request

View = TypeVar("View", bound=Callable[..., Any])
# For the other fields and the multipart framing of an upload.
FORM_ROOM = 1024 * 1024


def takes_files(view: View) -> View:
    """Mark a view that takes uploads: its body may be as large as the attachments' limit."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def takes_few_files(view: View) -> View:
    """Mark a view in which strangers send a few small files."""
    view.takes_few_files = True  # type: ignore[attr-defined]
    return view


def attach(app: Flask) -> None:
    """Register the checks. The size comes first: the CSRF check reads the form."""
    app.before_request(_size_body)
    csrf.init_app(app)
    app.before_request(_refuse_broken_text)


def _size_body() -> None:
    """Allow large bodies only to signed-in people, and only for views that take files.

    Strangers have some room where they write to the desk for the first time.
    """
    if problems.is_api_request():
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False) and current_user.is_authenticated:
        request.max_content_length = setting("ATTACHMENTS_BYTES") + FORM_ROOM
    elif getattr(view, "takes_few_files", False):
        request.max_content_length = first_tickets.MAX_FILES_BYTES + FORM_ROOM


def _refuse_broken_text() -> None:
    for field, text in _texts():
        if "\0" in text or has_surrogate(text):
            raise Invalid(**{field: "broken"})


def _texts() -> Iterator[tuple[str, str]]:
    """(field, text) of each text in the path, query and form, names of fields included."""
    asked = current_request()
    yield "path", asked.path
    if asked.query_string:
        yield from _named(asked.args.lists())
    # The API reads bodies after authentication, and its schemas check the texts.
    if problems.is_api_request():
        return
    if asked.method == "POST" and asked.mimetype in {
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }:
        yield from _named(asked.form.lists())
        for name, file in asked.files.items(multi=True):
            yield from _named([(name, [file.filename or ""])])


def _named(fields: Iterable[tuple[str, list[str]]]) -> Iterator[tuple[str, str]]:
    for name, values in fields:
        yield "name", name
        for value in values:
            yield name, value
