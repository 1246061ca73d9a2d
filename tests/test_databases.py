"""What the fixtures promise to every other test."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from portal.extensions import begin_write, db
from portal.models.organizations import Organization
from portal.models.people import User
from tests import conftest, factories
from tests.cast import Cast
from tests.databases import BOTH, NAMES, Database, names_for, unchanged
from tests.page import Visitor


def add(app: Flask) -> int:
    with factories.writing(app):
        return factories.user("zoe@example.com").id


def test_a_test_leaves_rows_behind(app: Flask) -> None:
    assert add(app) == 1


def test_the_next_test_finds_an_empty_database_whose_ids_begin_at_one(app: Flask) -> None:
    with app.app_context():
        assert db.session.query(User).count() == 0
    assert add(app) == 1


def test_the_cast_is_in_the_database(app: Flask, cast: Cast) -> None:
    with app.app_context():
        row = db.session.get_one(User, cast.bob.id)
        assert (row.email, row.organization_id) == ("bob@example.com", cast.ann.organization_id)


def test_what_a_write_unit_did_not_commit_is_gone(app: Flask) -> None:
    with app.app_context():
        begin_write()
        factories.organization("Gone")
        db.session.rollback()
        assert db.session.query(Organization).count() == 0


def test_a_world_that_is_only_read_must_not_change(app: Flask, cast: Cast) -> None:
    with unchanged(app):
        pass
    with (
        pytest.raises(AssertionError, match=r"\['organizations', 'users', 'search_names'\]"),
        unchanged(app),
    ):
        add(app)
    with (
        pytest.raises(AssertionError, match=r"\['users', 'search_names'\]"),
        unchanged(app),
        factories.writing(app),
    ):
        db.session.get_one(User, cast.bob.id).first_name = "Rob"


@pytest.mark.usefixtures("context")
def test_a_visitor_refuses_to_share_the_test_s_context(client: Visitor) -> None:
    with pytest.raises(AssertionError, match="application context"):
        client.get("/health")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("account/test_x.py", ("sqlite",)),
        ("api/tickets/test_x.py", ("sqlite",)),
        ("architecture/test_x.py", ("postgresql",)),
        ("services/tickets/test_x.py", NAMES),
        ("test_x.py", NAMES),
    ],
)
def test_a_folder_says_where_its_tests_run(path: str, expected: tuple[str, ...]) -> None:
    item = Item(Path(__file__).parent / path)
    assert names_for(item, every=False) == expected  # type: ignore[arg-type]
    assert names_for(item, every=True) == NAMES  # type: ignore[arg-type]


def test_a_mark_says_so_in_its_place() -> None:
    item = Item(Path(__file__).parent / "account/test_x.py", BOTH.mark)
    assert names_for(item, every=False) == NAMES  # type: ignore[arg-type]


@pytest.mark.databases("postgresql")
def test_a_test_runs_where_its_mark_says(
    request: pytest.FixtureRequest, database: Database
) -> None:
    assert request.config.getoption("every_database") or database.name == "postgresql"


def chosen(given: list[Any], **options: object) -> tuple[list[Any], list[Any]]:
    """What is kept of collected tests under these options, and what is left out."""
    left_out: list[Any] = []

    def deselected(items: list[Any]) -> None:
        left_out.extend(items)

    hook = SimpleNamespace(pytest_deselected=deselected)
    config: Any = SimpleNamespace(getoption=options.get, hook=hook)
    kept = list(given)
    conftest.pytest_collection_modifyitems(config, kept)
    return kept, left_out


def test_one_database_alone_is_asked_for() -> None:
    """As `make check` does. What asks for no database is run in any case."""
    given = [Item(Path(__file__), runs_on=name) for name in ("sqlite", "postgresql", None)]
    assert chosen(given, only_database="sqlite") == ([given[0], given[2]], [given[1]])


def test_the_first_values_alone_are_asked_for() -> None:
    names = ("a[postgresql-1]", "a[sqlite-1]", "a[sqlite-2]", "b", "c[x[1]]", "c[x[2]]")
    given = [Item(Path(__file__), runs_on=name[2:].partition("-")[0], name=name) for name in names]
    kept, _ = chosen(given[1:], first_values=True)
    assert [item.nodeid for item in kept] == ["a[sqlite-1]", "b", "c[x[1]]"]
    kept, left_out = chosen(given[:3], first_values=True, only_database="sqlite")
    assert kept == [given[1]]
    assert left_out == [given[0], given[2]]


class Item:
    """As much of a collected test as the choice asks for."""

    def __init__(
        self,
        path: Path,
        mark: pytest.Mark | None = None,
        runs_on: str | None = None,
        name: str = "a test",
    ) -> None:
        self.path, self._mark, self.nodeid = path, mark, name
        self.callspec = SimpleNamespace(params={"database": runs_on}) if runs_on else None

    def add_marker(self, mark: str) -> None:
        raise AssertionError(f"{self.nodeid} is {mark}")

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self._mark
