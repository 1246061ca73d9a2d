"""What every command of `flask --app wsgi` does alike."""

from collections.abc import Iterator
from unittest.mock import patch

import click
import flask_migrate.cli
import pytest
from click.testing import Result
from flask import Flask

from portal import cli
from portal.cli import accounts
from portal.models.people import User

MISSING = ModuleNotFoundError("No module named 'zxcvbn_rs_py'", name="zxcvbn_rs_py")
SAID = "the installation is incomplete: No module named 'zxcvbn_rs_py'; install it again: "


@pytest.fixture
def ways(app: Flask) -> dict[str, click.Command]:
    """Each command by the words that lead to it, those of migrations among them."""
    with click.Context(click.Command("flask")):
        cli.attach(app)
    root = click.Group(commands={**app.cli.commands, "db": flask_migrate.cli.db})
    found = dict(leaves(root, ()))
    assert {"backup", "create-user", "db upgrade", "doctor", "outbox retry"} <= set(found)
    return found


def leaves(group: click.Group, before: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*before, name))
        else:
            yield " ".join((*before, name)), command


def failing_with(error: Exception, app: Flask, way: str, command: click.Command) -> Result:
    """What is said when a command fails in the midst of its work."""

    def fail(**_options: object) -> None:
        raise error

    root = click.Group(commands={**app.cli.commands, "db": flask_migrate.cli.db})
    with (
        patch.object(command, "params", []),
        patch.object(command, "no_args_is_help", False),
        patch.object(command, "callback", fail),
    ):
        return app.test_cli_runner().invoke(root, way.split())


def test_every_command_ends_with_one_line_when_a_package_is_missing(
    app: Flask, ways: dict[str, click.Command]
) -> None:
    """Many import late: what a command needs is not what the application needs to start."""
    for way, command in ways.items():
        result = failing_with(MISSING, app, way, command)
        assert result.exit_code == 1, way
        assert result.output.startswith(f"lodge: {SAID}"), way
        assert result.output.count("\n") == 1, way


def test_first_accounts_end_with_one_line_too(
    app: Flask, ways: dict[str, click.Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are made when the migrations are done, and need more than those."""

    def fail() -> list[User]:
        raise MISSING

    monkeypatch.setattr(accounts, "create_first_accounts", fail)
    with patch.object(ways["db upgrade"], "callback", lambda **_options: None):
        result = app.test_cli_runner().invoke(flask_migrate.cli.db, ["upgrade"])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert result.output.startswith(f"lodge: {SAID}")


def test_a_mistake_in_our_own_code_keeps_its_traceback(
    app: Flask, ways: dict[str, click.Command]
) -> None:
    ours = ImportError("cannot import name 'x' from 'portal.y'", name="portal.y")
    assert failing_with(ours, app, "create-user", ways["create-user"]).exception is ours


def test_a_command_that_is_not_there_is_told_by_click(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["no-such-command"])
    assert result.exit_code == 2
    assert "No such command" in result.output
