"""People as rows have them: under no prefix or one, from tables or their aliases."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.models.people import User
from portal.models.people.person import Person, name_of, person_json


class Row(NamedTuple):
    id: int
    requester_id: int
    requester_first_name: str
    requester_last_name: str
    requester_email: str


ROW = Row(9, 7, "Ann", "Archer", "ann@example.com")


def test_a_person_is_read_under_a_prefix() -> None:
    person = Person.of(ROW, "requester_")
    assert person == (7, "Ann Archer", "ann@example.com")
    assert person.number == "USR000007"
    assert name_of(ROW, "requester_") == person.name
    assert person_json(ROW, "requester_") == {"id": "USR000007", "name": "Ann Archer"}


def test_an_account_is_a_row_without_a_prefix() -> None:
    account = User(id=7, first_name="", last_name="", email="ann@example.com")
    assert Person.of(account) == (7, "ann", "ann@example.com")
    assert name_of(account) == account.name


def test_columns_are_called_as_they_are_read() -> None:
    author = aliased(User)
    query = select(*Person.columns(User), *Person.columns(author, "author_"))
    names = ["first_name", "last_name", "email"]
    assert query.selected_columns.keys() == [*names, *(f"author_{name}" for name in names)]
