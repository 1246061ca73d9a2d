"""The OpenAPI document, and two viewers of it: Swagger UI and Redoc.

The viewers are vendored, and run under a policy that lets them load nothing else.
"""

import secrets
from functools import lru_cache

import orjson
from apispec import APISpec
from flask import Blueprint, Response, current_app, render_template, request

from portal.api.openapi.document import full_document
from portal.extensions import setting
from portal.web.middleware.headers import CSP

# Styles that Redoc inserts before it knows the nonce: an empty sheet and its scroll bar's.
_REDOC_STYLE_HASHES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    " 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
)
bp = Blueprint("api_docs", __name__, url_prefix="/api")


@bp.get("/v1/openapi.json")
def openapi() -> Response:
    """The document, the same for everybody."""
    document = _document(current_app.extensions["lodge.api"], setting("PRODUCT").name)
    response = Response(document, mimetype="application/json")
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag(weak=True)
    if "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


@bp.get("/docs")
def docs() -> str:
    """Swagger UI, which can send requests with a token or key."""
    return render_template("api/docs.html")


@bp.get("/redoc")
def redoc() -> Response:
    """Redoc. It creates its styles itself, so they carry a nonce."""
    nonce = secrets.token_urlsafe(16)
    response = Response(render_template("api/redoc.html", nonce=nonce), mimetype="text/html")
    response.headers["Content-Security-Policy"] = CSP.replace(
        "style-src 'self'", f"style-src 'self' 'nonce-{nonce}' {_REDOC_STYLE_HASHES}"
    )
    return response


@lru_cache(maxsize=2)
def _document(spec: APISpec, title: str) -> bytes:
    return orjson.dumps(full_document(spec, title))
