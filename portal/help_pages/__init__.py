"""`/help`: the guide of `docs/guide`, each chapter for those whom it concerns."""

from flask import Blueprint

bp = Blueprint("help", __name__, url_prefix="/help")

from portal.help_pages import index, page, places  # noqa: E402, F401 - they register themselves
