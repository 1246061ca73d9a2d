"""`/setup/<token>`: the first administrator of a desk in production, by the console's link."""

from flask import Blueprint

bp = Blueprint("setup", __name__, url_prefix="/setup")

from portal.setup import first_start  # noqa: E402, F401 - registers its routes
