import pytest

from portal.i18n import force_locale
from portal.web.templating.durations import within

HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "within an hour"),
        (HOUR, "within an hour"),
        (HOUR + 1, "within 2 hours"),
        (2 * HOUR + 1, "within 3 hours"),
        (2 * DAY, "within 48 hours"),
        (2 * DAY + 1, "within 3 days"),
        (30 * DAY, "within 30 days"),
    ],
)
def test_what_is_said_is_not_too_early(seconds: int, words: str):
    with force_locale("en"):
        assert within(seconds) == words
