"""SearchName: the words of people's and organizations' names, folded, for search.

Rows are written with each change of a name, in its transaction, so that a search always goes by
the present name, and nothing is left of one that was erased.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    delete,
    event,
    insert,
    inspect,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import ROW_GOES, not_exported
from portal.models.base import BigId, Model
from portal.models.organizations import Organization
from portal.models.people import User
from portal.text_analysis.folding import MAX_WORD
from portal.text_analysis.terms import ANALYSIS_VERSION, name_words

_MAX_WORDS = 20
# Compared byte by byte, so that all words with one beginning are neighbours in the index.
WORD = String(MAX_WORD).with_variant(String(MAX_WORD, collation="C"), "postgresql")


class SearchName(Model):
    """A word of the name of a user or an organization, by version `version` of the analysis."""

    __tablename__ = "search_names"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (organization_id IS NULL)", name="owner"),
        Index(None, "word", "user_id"),
        Index(None, "word", "organization_id"),
        Index(None, "user_id"),
        Index(None, "organization_id"),
        Index(None, "version", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    word: Mapped[str] = mapped_column(WORD)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=ROW_GOES | not_exported("words of the name that is exported with the account"),
    )
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE")
    )
    version: Mapped[int] = mapped_column(SmallInteger)


def user_words(user: Any) -> list[str]:
    """The words of a user's name as it is shown; none of an erased one's."""
    return [] if user.is_erased else name_words(user.name)


def organization_words(organization: Any) -> list[str]:
    """The words of an organization's name; a personal one is found by its person."""
    return [] if organization.personal else name_words(organization.name)


def rows(words: Iterable[str], **owner: int) -> list[dict[str, Any]]:
    """The rows of an owner's `words`."""
    first = list(words)[:_MAX_WORDS]
    return [{"word": word, "version": ANALYSIS_VERSION, **owner} for word in first]


def _add(connection: Connection, words: list[str], **owner: int) -> None:
    if new := rows(words, **owner):
        connection.execute(insert(SearchName), new)


def _changed(row: object, *names: str) -> bool:
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in names)


@event.listens_for(User, "after_insert")
def _add_user(_mapper: object, connection: Connection, user: User) -> None:
    _add(connection, user_words(user), user_id=user.id)


@event.listens_for(User, "after_update")
def _rename_user(_mapper: object, connection: Connection, user: User) -> None:
    if _changed(user, "first_name", "last_name", "email"):
        connection.execute(delete(SearchName).where(SearchName.user_id == user.id))
        _add(connection, user_words(user), user_id=user.id)


@event.listens_for(Organization, "after_insert")
def _add_organization(_mapper: object, connection: Connection, named: Organization) -> None:
    _add(connection, organization_words(named), organization_id=named.id)


@event.listens_for(Organization, "after_update")
def _rename_organization(_mapper: object, connection: Connection, named: Organization) -> None:
    if _changed(named, "name", "personal"):
        connection.execute(delete(SearchName).where(SearchName.organization_id == named.id))
        _add(connection, organization_words(named), organization_id=named.id)
