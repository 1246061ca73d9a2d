"""Every kind of event says all that there is to say of it."""

import pytest

from portal.models.tickets import EventKind, Ticket
from portal.models.tickets.ticket_event import KindSpec

# What they tell of is on the page as a comment.
SAID = {EventKind.FILED, EventKind.COMMENTED, EventKind.NOTED}


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_has_a_spec(kind: EventKind) -> None:
    assert isinstance(kind.spec, KindSpec)
    assert str(kind.spec.sentence)


def test_a_kind_without_a_spec_is_refused() -> None:
    with pytest.raises(TypeError, match="spec"):
        EventKind.__new_member__(EventKind, "new")


@pytest.mark.parametrize("kind", sorted(set(EventKind) - SAID))
def test_every_kind_can_be_worded_on_the_page_of_a_ticket(kind: EventKind) -> None:
    assert kind.spec.text or kind.spec.value


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind.spec.column])
def test_a_column_that_changes_is_one_of_the_ticket_and_has_a_type(kind: EventKind) -> None:
    assert kind.spec.column in Ticket.__table__.columns
    assert kind.spec.value is not None


def test_a_kind_that_a_newer_version_has_written_is_none_of_ours() -> None:
    assert EventKind.known("merged") is None
    assert EventKind.known(None) is None
    assert EventKind.known("rated") is EventKind.RATED
