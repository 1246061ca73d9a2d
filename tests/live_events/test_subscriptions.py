"""What the web process signs and the process of streams believes."""

import pytest

from portal.live_events import subscriptions
from portal.live_events.topics import Topics
from tests.stream_readers import signed, subscription

KEYS = ["newest", "former", "oldest"]


def test_what_was_signed_is_read_as_it_was() -> None:
    topics = Topics(frozenset("ab"), frozenset({"queue"}), {"person-1": "bell"})
    made = subscription(topics=topics, since=1.5, origin="http://localhost:8000", page="p")
    assert subscriptions.read(subscriptions.sign(made, KEYS), KEYS) == made


@pytest.mark.parametrize("key", KEYS)
def test_former_keys_are_believed_and_the_newest_signs(key: str) -> None:
    assert subscriptions.read(signed("a", keys=[key]), KEYS) is not None
    text = subscriptions.sign(subscription("a"), KEYS)
    assert subscriptions.read(text, ["newest"]) is not None
    assert subscriptions.read(text, KEYS[1:]) is None


@pytest.mark.threat("foreign rows")
def test_what_was_not_signed_for_this_is_nothing() -> None:
    from itsdangerous import URLSafeSerializer

    text = signed("a", keys=KEYS)
    changed = [text[:n] + ("A" if text[n] != "A" else "B") + text[n + 1 :] for n in (1, 20, -2)]
    elsewhere = URLSafeSerializer(KEYS[0], salt="lodge link report").dumps([1, "s", 0])
    for wrong in ("", ".", "a.b", "é", text + "A", str(elsewhere), *changed):
        assert subscriptions.read(wrong, KEYS) is None, wrong


def test_what_another_version_has_signed_is_nothing() -> None:
    for content in ([], [1], {"reader": 1}, 5, [[1], {}, []], [1, 2, 3, [[]], [], {}]):
        text = str(subscriptions._serializer(KEYS).dumps(content))
        assert subscriptions.read(text, KEYS) is None, content


def test_a_subscription_is_short_enough_for_an_address() -> None:
    many = Topics(frozenset({"ticket-123456789", "ticket-123456789-internal"}), named={"p-1": "x"})
    assert len(signed(topics=many, since=1796097186.432, page="0" * 16)) < 400
