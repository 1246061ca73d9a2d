"""An application that knows its settings and nothing else: for rules that store nothing."""

from flask import Flask

from portal import config

ENVIRONMENT = {
    "SECRET_KEY": "only-for-tests",
    "ENCRYPTION_MASTER_KEY": "bG9kZ2UtdGVzdHMtbG9kZ2UtdGVzdHMtbG9kZ2UtMDE=",
    "BASE_URL": "http://localhost",
    # Most tests are not about the moment in which an answer can be taken back.
    "UNDO_SEND_SECONDS": "0",
}


def bare_app(**environment: str) -> Flask:
    """`bare_app(BASE_URL="https://…")`: made without asking a database or a queue server."""
    app = Flask("lodge", static_folder=None)
    app.config.update(config.load({**ENVIRONMENT, **environment}))
    return app
