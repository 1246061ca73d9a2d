"""`/`: the start page for signed-out visitors, a redirect to the tickets for others."""

from flask import Flask, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.services.tickets.tickets import MAX_SUBJECT
from portal.web.fragments import see_other


def attach(app: Flask) -> None:
    app.add_url_rule("/", "home", home)


def home() -> str | Response:
    """Customers are redirected to their tickets, staff to the queue."""
    if not current_user.is_authenticated:
        return render_template("home.html", subject_length=MAX_SUBJECT)
    return see_other(url_for("tickets.queue" if current_user.is_staff else "tickets.index"))
