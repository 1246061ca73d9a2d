"""The rows of a list that are ticked, or whose button was pressed."""

from flask import request

from portal.errors import Invalid


def selected_ids() -> list[int]:
    """The `ids` of the form. Raises Invalid for none, and for what is no id."""
    words = request.form.getlist("ids")
    if not words or any(not (w.isascii() and w.isdigit() and len(w) < 19) for w in words):
        raise Invalid(ids="unknown")
    return [int(word) for word in words]
