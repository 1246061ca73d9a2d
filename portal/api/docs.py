"""`/api/v1/openapi.json`: what the API is, for programs that write programs."""

from functools import cache

import orjson
from apispec import APISpec
from flask import Blueprint, Response, current_app, request

from portal.api import document

bp = Blueprint("api_docs", __name__, url_prefix="/api")


@bp.get("/v1/openapi.json")
def openapi() -> Response:
    """The document. It is the same for everybody."""
    response = Response(_document(current_app.extensions["lodge.api"]), mimetype="application/json")
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


@cache
def _document(spec: APISpec) -> bytes:
    return orjson.dumps(document.finished(spec), option=orjson.OPT_INDENT_2)
