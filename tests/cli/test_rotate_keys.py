"""`flask rotate-keys`: everything moves to the newest key, and nothing is lost on the way."""

import pytest
from click.testing import Result
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask
from sqlalchemy import select, text

from portal import clock
from portal.cli import rotate_keys as command
from portal.cli.rotate_keys import rotate_keys
from portal.extensions import db
from portal.models.organizations import Credential
from portal.models.people import User
from portal.security import encryption
from tests import factories
from tests.cast import Cast

NEW_KEY = Fernet.generate_key().decode()


def run(app: Flask) -> Result:
    return app.test_cli_runner().invoke(rotate_keys)


@pytest.fixture
def stored(app: Flask, cast: Cast) -> None:
    """Three credentials and a second factor, under the old key."""
    with factories.writing(app):
        for name in ("one", "two", "three"):
            db.session.add(
                Credential(
                    organization_id=cast.ann.organization_id,
                    name=name,
                    secret=encryption.encrypt(f"secret {name}"),
                    updated_at=clock.now(),
                    updated_by_id=cast.ann.id,
                )
            )
        db.session.get_one(User, cast.bob.id).totp_secret = encryption.encrypt("seed")


@pytest.fixture
def new_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new key before the old one."""
    keys = [NEW_KEY, *app.config["ENCRYPTION_MASTER_KEYS"]]
    monkeypatch.setitem(app.config, "ENCRYPTION_MASTER_KEYS", keys)


def opened(app: Flask) -> list[str]:
    """What the new key alone opens."""
    with app.app_context():
        texts = [
            *db.session.scalars(select(Credential.secret).order_by(Credential.id)),
            *db.session.scalars(select(User.totp_secret).where(User.totp_secret.is_not(None))),
        ]
    return [Fernet(NEW_KEY).decrypt(text).decode() for text in texts]


@pytest.mark.usefixtures("stored", "new_key")
def test_everything_moves_to_the_first_key_however_often_it_runs(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_BATCH", 2)
    with pytest.raises(InvalidToken):
        opened(app)
    for _time in range(2):
        result = run(app)
        assert result.exit_code == 0
        assert "4 are under the first key, 0 could not be opened" in result.output
        assert opened(app) == ["secret one", "secret two", "secret three", "seed"]


@pytest.mark.usefixtures("stored", "new_key")
def test_what_no_key_opens_is_named_and_stays(app: Flask, cast: Cast) -> None:
    lost = Fernet(Fernet.generate_key()).encrypt(b"lost").decode()
    with factories.writing(app):
        db.session.get_one(Credential, 2).secret = lost
    result = run(app)
    assert result.exit_code == 1
    assert "3 are under the first key, 1 could not be opened" in result.output
    assert "no key opens credential 2" in result.output
    with app.app_context():
        assert db.session.get_one(Credential, 2).secret == lost


@pytest.mark.usefixtures("stored", "new_key")
@pytest.mark.parametrize("stored_text", ["", "no secret", "gAAAAA", "секрет", "\u20ac" * 200])
def test_what_is_no_secret_at_all_is_named_and_stops_no_other(app: Flask, stored_text: str) -> None:
    with factories.writing(app):
        db.session.get_one(Credential, 2).secret = stored_text
    result = run(app)
    assert result.exit_code == 1
    assert "3 are under the first key, 1 could not be opened" in result.output
    assert "no key opens credential 2" in result.output


@pytest.mark.usefixtures("stored", "new_key")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_of_a_row_that_is_broken_elsewhere_the_secret_moves(app: Flask) -> None:
    """PostgreSQL takes no such value in the first place."""
    with factories.writing(app):
        db.session.execute(text("UPDATE credentials SET updated_at = 'never' WHERE id = 2"))
    result = run(app)
    assert (result.exit_code, opened(app)[1]) == (0, "secret two")


@pytest.mark.usefixtures("cast", "new_key")
def test_with_nothing_to_move_nothing_happens(app: Flask) -> None:
    assert "0 are under the first key" in run(app).output


def test_without_a_key_it_says_so(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "ENCRYPTION_MASTER_KEYS", [])
    result = run(app)
    assert (result.exit_code, result.output) == (1, "Error: ENCRYPTION_MASTER_KEY is not set\n")
