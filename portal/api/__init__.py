"""The JSON API. Bearer credentials only, never the pages' cookie, hence no CSRF check."""

from flask import Blueprint

from portal.extensions import csrf

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)
