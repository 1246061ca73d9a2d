"""A database is named so that people can tell it from others, and without what is secret."""

import pytest
from sqlalchemy import make_url

from portal.database_move.addresses import name_of


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////srv/lodge/lodge.sqlite3", "sqlite:////srv/lodge/lodge.sqlite3"),
        (
            "postgresql+psycopg://lodge:hunter2@db.example:5433/desk?sslmode=require",
            "postgresql://lodge@db.example:5433/desk",
        ),
        (
            "postgresql+psycopg:///desk?host=%2Frun%2Fone&password=hunter2",
            "postgresql:///desk?host=%2Frun%2Fone",
        ),
        ("postgresql+psycopg://l@a,b/desk", "postgresql://l@a,b/desk"),
    ],
)
def test_a_database_is_named_without_its_password(url: str, name: str) -> None:
    assert name_of(make_url(url)) == name
