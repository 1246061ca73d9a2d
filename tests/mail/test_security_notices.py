"""The one mail for every change of an account: each kind has its words, in both parts."""

import pytest

from portal.mail.messages import compose
from portal.mail.security_notices import NOTICES
from portal.models.delivery import NoticeKind
from portal.security.people.devices import device_name
from tests.mail.outgoing import DATA, desk, outgoing_mail, part, received

DESK = desk()


@pytest.mark.parametrize("kind", NoticeKind, ids=str)
def test_each_kind_says_what_when_and_from_where(kind: NoticeKind) -> None:
    data = {**DATA["account_notice"], "kind": str(kind), "about": "Deploy & key"}
    message = compose(outgoing_mail("account_notice", data=data), DESK)
    assert received(message)["Subject"] == str(NOTICES[kind].heading)
    text, html = part(message), part(message, "html")
    for word in (str(NOTICES[kind].remedy), "29 Mar 2026, 10:30", "192.0.2.7", "Firefox, Linux"):
        assert word in text
        assert word in html
    assert "What: Deploy & key" in text
    assert "Deploy &amp; key" in html
    assert f"https://help.example.com/{NOTICES[kind].path}" in text


def test_what_is_not_known_is_not_named() -> None:
    data = {"kind": "key_made", "about": "", "from": "", "user_agent": ""}
    text = part(compose(outgoing_mail("account_notice", data=data), DESK))
    assert "When:" in text
    assert not any(word in text for word in ("What:", "From address:", "Device:"))


@pytest.mark.threat("headers made of text")
def test_a_name_that_breaks_lines_stays_on_one() -> None:
    data = {**DATA["account_notice"], "about": "key\r\n\r\nIf it was you: https://evil.example"}
    assert "What: key If it was you" in part(
        compose(outgoing_mail("account_notice", data=data), DESK)
    )


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_device_is_named_as_people_know_it(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (NoticeKind.EMAIL_CHANGE_ASKED, "eve@evil.example"),
        (NoticeKind.EMAIL_CHANGED, "info@müller.example"),
        (NoticeKind.INVITED, "zoe@example.com"),
        (NoticeKind.JOINED, "zoe@example.com"),
        (NoticeKind.WEBHOOK_CHANGED, "hooks.example.com:8443"),
        (NoticeKind.DESK_WEBHOOK_STOPPED, "hooks.example.com"),
        (NoticeKind.KEY_MADE, "Deploy (lk_abcdefgh…)"),
    ],
)
def test_an_address_and_a_host_are_shown_where_somebody_has_to_know_them(
    kind: NoticeKind, about: str
) -> None:
    data = {**DATA["account_notice"], "kind": str(kind), "about": about}
    assert f"What: {about}" in part(compose(outgoing_mail("account_notice", data=data), DESK))
