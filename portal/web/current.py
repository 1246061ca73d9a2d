"""The request and `g` themselves, for what runs at every request.

Flask's proxies look for them anew with each attribute, which costs as much as the rest of such a
line: a small answer of the API had fifty looks.
"""

from flask import Request, g, request
from flask.ctx import _AppCtxGlobals


def current_request() -> Request:
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]


def current_globals() -> _AppCtxGlobals:
    return g._get_current_object()  # type: ignore[no-any-return]
