"""Browsers in words, so that people know their own again."""

import pytest

from portal import i18n
from portal.web.devices import device

WINDOWS = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0"
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.5"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox on Linux"),
        (f"{WINDOWS} Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} Safari/537.36 Edg/141.0", "Edge on Windows"),
        (f"{WINDOWS} YaBrowser/25.8 Safari/537.36", "Yandex Browser on Windows"),
        (f"{ANDROID} Mobile Safari/537.36", "Chrome on Android"),
        (f"{MAC} Safari/605.1", "Safari on macOS"),
        (f"{PHONE} CriOS/141.0 Safari/604.1", "Chrome on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
        ("<script>alert(1)</script>", "Unknown device"),
    ],
)
def test_a_browser_is_known_by_its_name_and_system(user_agent: str, words: str) -> None:
    with i18n.reader("en"):
        assert device(user_agent) == words
