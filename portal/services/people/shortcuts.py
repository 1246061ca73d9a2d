"""Choosing the keys of one's own pages."""

from collections import Counter
from collections.abc import Mapping

from portal.errors import Invalid
from portal.models.people import Actor, User
from portal.models.people.shortcuts import ALLOWED, Shortcut, to_text
from portal.security import permissions


def choose(*, actor: Actor, user: User, keys: Mapping[Shortcut, str]) -> None:
    """Give each a key, or none. Raises Invalid by name; then nothing is changed."""
    permissions.require(actor.id == user.id and permissions.can_triage(actor))
    times = Counter(keys.values())
    wrong = {
        name: "no_key" if key not in ALLOWED else "key_doubled"
        for name, key in keys.items()
        if key and (key not in ALLOWED or times[key] > 1)
    }
    if wrong:
        raise Invalid(**{str(name): code for name, code in wrong.items()})
    user.shortcuts = to_text(keys)
