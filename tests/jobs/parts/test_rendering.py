"""Messages that an older renderer has rendered."""

import pytest
from flask import Flask
from sqlalchemy import update

from jobs.parts import rendering
from portal import markdown
from portal.extensions import db
from portal.models.tickets import Comment
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.sweeping import sweep

PRESENT = markdown.RENDERER_VERSION
NEWER = PRESENT + 1


def run(app: Flask) -> None:
    with app.app_context():
        sweep()


def test_old_messages_are_shown_as_the_newest_renderer_has_them(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "_RENDERED", 2)
    monkeypatch.setattr(rendering, "_RENDER_SECONDS", 60.0)  # busy machines need some
    for number in range(5):
        factories.file_ticket(app, cast.ann, message=f"Number **{number}**.")
    with writing(app):
        db.session.execute(update(Comment).values(html="<script>evil()</script>"))
    run(app)
    assert rendered(app)[0] == (PRESENT, "<script>evil()</script>"), "nothing is newer than it was"
    monkeypatch.setattr(markdown, "RENDERER_VERSION", NEWER)
    run(app)
    assert rendered(app) == [(NEWER, f"<p>Number <strong>{n}</strong>.</p>") for n in range(5)]


def test_a_message_that_changes_while_it_is_rendered_is_rendered_by_the_next_sweep(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its writer is forgotten at that moment."""
    factories.file_ticket(app, cast.ann, message="My name is Ann.")
    render = markdown.render

    def meanwhile(message: str) -> str:
        with writing(app):
            db.session.execute(update(Comment).values(message="", html=""))
        return render(message)

    monkeypatch.setattr(rendering, "_RENDER_SECONDS", 60.0)  # busy machines need some
    monkeypatch.setattr(markdown, "RENDERER_VERSION", NEWER)
    with monkeypatch.context() as patch:
        patch.setattr(markdown, "render", meanwhile)
        run(app)
    assert rendered(app) == [(PRESENT, "")]
    run(app)
    assert rendered(app) == [(NEWER, "")]


def rendered(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        rows = db.session.query(Comment).order_by(Comment.id)
        return [(row.renderer_version, row.html.strip()) for row in rows]
