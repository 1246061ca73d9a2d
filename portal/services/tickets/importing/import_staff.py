"""Finds the staff of this desk under the names that another one gives them."""

from collections import Counter
from typing import NamedTuple

from portal.queries.people import users
from portal.security.addresses import spellings


class ImportStaff(NamedTuple):
    """Ids of staff by address, and by full name where only one is called so."""

    ids: dict[str, int]
    assignable: frozenset[int]

    @classmethod
    def load(cls) -> "ImportStaff":
        """Everybody on the staff now."""
        found = users.staff()
        names = Counter(one.name.casefold() for one in found)
        by_name = {one.name.casefold(): one.id for one in found if names[one.name.casefold()] == 1}
        return cls(
            by_name | {one.email: one.id for one in found},
            frozenset(one.id for one in found if one.is_active),
        )

    def id_of(self, word: str) -> int | None:
        """Who has that address or name; None for nobody."""
        forms = (word.casefold(), *(spellings(word) if "@" in word else ()))
        return next((self.ids[form] for form in forms if form in self.ids), None)

    def assignee_id(self, word: str) -> int | None:
        """The same, if tickets can be assigned to them."""
        found = self.id_of(word) if word else None
        return found if found in self.assignable else None
