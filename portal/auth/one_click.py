"""What a mail program sends by itself when its user wants no more of such mails (RFC 8058).

It comes without cookies and a token: the link alone says what may be done, and nothing else is.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from portal.extensions import csrf

View = TypeVar("View", bound=Callable[..., Any])
_FIELD, _VALUE = "List-Unsubscribe", "One-Click"


def takes_no_token(view: View) -> View:
    """Mark a view that such a request reaches: whoever has its link may do all that it does."""
    csrf.exempt(view)
    return view


def is_one_click() -> bool:
    """Whether the request was sent by a mail program, which reads no page."""
    return request.form.get(_FIELD) == _VALUE


def done(sentence: str) -> Response:
    """The answer to it: no redirection, which such programs do not follow."""
    return Response(f"{sentence}\n", mimetype="text/plain")
