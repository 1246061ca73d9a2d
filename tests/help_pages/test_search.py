"""The search in the guide."""

from tests.cast import Cast
from tests.html import Node
from tests.page import Visitor


def found(client: Visitor, q: str, locale: str = "en") -> list[Node]:
    """What is found, from the best on."""
    client.http.environ_base["HTTP_ACCEPT_LANGUAGE"] = locale
    return client.get(f"/help/?q={q}").one("section", aria_labelledby="found").all("li")


def titles(items: list[Node]) -> list[str]:
    return [item.one("a").text for item in items]


def test_words_are_found_in_other_forms_than_they_are_typed_in(client: Visitor):
    assert titles(found(client, "inviting colleague"))[0] == "Invite your colleagues"
    assert titles(found(client, "приглашение коллегам", "ru"))[0] == "Пригласить коллег"
    assert "Войти, даже если пароль забыт" in titles(found(client, "паролем и ссылкой", "ru"))


def test_a_result_leads_to_its_section_and_shows_the_words_there(client: Visitor):
    [item] = found(client, "authenticator picture")
    assert item.one("a")["href"] == "/help/customers/secure-my-account#an-app-with-codes"
    assert {mark.text for mark in item.all("mark")} == {"authenticator", "picture"}
    page = client.get(item.one("a")["href"])
    assert page.one("h2", id="an-app-with-codes")


def test_nothing_is_found_of_what_others_read(client: Visitor, cast: Cast):
    assert not found(client, "macro")
    assert titles(found(client.sign_in(cast.sam), "macro"))[0] == "Saved replies and macros"
    assert not found(client, "DATABASE_POOL")


def test_whatever_is_typed_is_answered(client: Visitor):
    for q in ("", "%20", "<b>", '"', "a:b", "(", "%F0%9F%99%82", "я" * 5000, "a+" * 500):
        assert client.get(f"/help/?q={q}").status == 200
    assert not found(client, "zzzz")
