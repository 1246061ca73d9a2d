"""Which statistics are asked for: words of a URL in, a period and a narrowing out."""

from collections.abc import Callable, Mapping
from typing import Any

from portal.errors import Invalid
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.people import Actor
from portal.models.tickets import Channel
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.queries.statistics import departments, period
from portal.queries.statistics.narrowing import Narrowing
from portal.queries.statistics.period import Period, Preset
from portal.queries.statistics.report import today
from portal.queries.tickets.lists.ticket_filter import NOBODY, person_id
from portal.search_language.fields import NONE


def wanted(args: Mapping[str, str], actor: Actor) -> tuple[Period, Narrowing]:
    """Raises Invalid with all that is wrong, by field."""
    wrong: dict[str, Any] = {}
    found: list[Any] = []
    for read in (_period, narrowing):
        try:
            found.append(read(args, actor))
        except Invalid as problem:
            wrong |= problem.details
    if wrong:
        raise Invalid(**wrong)
    return found[0], found[1]


def _period(args: Mapping[str, str], _actor: Actor) -> Period:
    if word := args.get("range", ""):
        if word not in set(Preset):
            raise Invalid(range="unknown")
        return period.preset(Preset(word), today())
    return period.parse(args.get("from", ""), args.get("to", ""), today=today())


def narrowing(args: Mapping[str, str], actor: Actor) -> Narrowing:
    """Of which tickets. Raises Invalid by field."""
    readers: dict[str, Callable[[str], Any]] = {
        "department": _department,
        "assignee": lambda word: _assignee(word, actor),
        "channel": _channel,
        "organization": _organization,
    }
    found: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    for name, read in readers.items():
        word = args.get(name, "").strip()
        try:
            found[name] = read(word) if word else None
        except Invalid as problem:
            wrong |= problem.details
    if wrong:
        raise Invalid(**wrong)
    return Narrowing(
        found["department"], found["assignee"], found["channel"], found["organization"]
    )


def _department(word: str) -> str:
    if word == NONE:
        return ""
    if not departments.exists(word):
        raise Invalid(department="no_department")
    return word


def _assignee(word: str, actor: Actor) -> int:
    if word == NOBODY:
        return 0
    found = person_id("assignee", word, me=actor.id)
    if found is None or found not in users.names([found]):
        raise Invalid(assignee="unknown")
    return found


def _channel(word: str) -> str:
    if word not in set(Channel):
        raise Invalid(channel="unknown")
    return word


def _organization(word: str) -> int:
    """By number or name; the beginning of a name is enough where only one begins so."""
    number = parse_organization(word.upper())
    if number is not None and number in organizations.names([number]):
        return number
    found = organizations.named(word)
    if not found:
        raise Invalid(organization="not_an_organization")
    if len(found) > 1:
        raise Invalid(organization="several_organizations")
    return found[0]
