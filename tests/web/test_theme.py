import pytest

from tests.cast import Cast
from tests.page import Page, Visitor


def shown(page: Page) -> tuple[str | None, str]:
    """What the page says of its colours: to the stylesheet, and to the browser before that."""
    return page.one("html").get("data-theme"), page.one("meta", name="color-scheme")["content"]


def test_a_page_follows_the_system_until_a_theme_is_chosen(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ann)
    assert shown(client.get("/tickets/")) == (None, "light dark")
    for theme in ("light", "dark"):
        answer = client.post("/theme", {"theme": theme, "next": "/tickets/"})
        assert answer.location == "/tickets/"
        page = client.get("/tickets/")
        assert shown(page) == (theme, theme)
        assert page.one("button", name="theme", **{"aria-current": "true"})["value"] == theme
    client.post("/theme", {"theme": "system"})
    assert shown(client.get("/tickets/")) == (None, "light dark")


def test_the_choice_outlives_the_session_and_errors_keep_to_it(client: Visitor) -> None:
    client.post("/theme", {"theme": "dark"})
    assert shown(client.get("/auth/login")) == ("dark", "dark")
    assert shown(client.get("/nowhere", status=404)) == ("dark", "dark")


def test_the_menu_sends_the_page_along(client: Visitor, cast: Cast) -> None:
    page = client.sign_in(cast.sam).get("/tickets/queue?view=mine")
    form = page.one("form", id="theme")
    assert form.one("input", name="next")["value"] == "/tickets/queue?view=mine"
    assert {button["form"] for button in page.all("button", name="theme")} == {"theme"}


@pytest.mark.parametrize("theme", ["", "pink", 'dark" onload="x'])
def test_an_unknown_theme_is_refused(client: Visitor, theme: str) -> None:
    client.post("/theme", {"theme": theme}, status=422)


def test_a_cookie_that_names_none_is_passed_over(client: Visitor) -> None:
    client.http.set_cookie("theme", "pink")
    assert shown(client.get("/auth/login")) == (None, "light dark")


def test_looking_chooses_nothing(client: Visitor) -> None:
    client.get("/theme?theme=dark", status=405)


@pytest.mark.threat("redirects elsewhere")
def test_the_choice_leads_nowhere_else(client: Visitor) -> None:
    assert client.post("/theme", {"theme": "dark", "next": "//evil.example"}).location == "/"
