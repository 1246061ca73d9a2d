"""Window: somebody's browser. It notes whatever must not happen on any page of ours.

Names are the ones that a screen reader would say: a test finds a control as its user does.
"""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

from tests.cast import PASSWORD
from tests.page import Visitor
from tests.waiting import PATIENCE

# A page that is refused on purpose is no fault; what a fault is, is seen by its response.
_REFUSAL = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Window:
    """One browser context with one page, at the site that was asked for."""

    app: Flask
    site: str
    context: BrowserContext
    page: Page
    javascript: bool
    faults: list[str] = field(default_factory=list)
    asked_to_stay: int = 0

    def go(self, path: str) -> "Window":
        """Open a path of the site."""
        self.page.goto(self.site + path)
        return self

    def sign_in(self, person: Any) -> "Window":
        """Set the session cookie of a member of the cast, without the form."""
        visitor = Visitor(self.app).sign_in(person)
        name = self.app.config["SESSION_COOKIE_NAME"]
        self.context.add_cookies([{"name": name, "value": visitor.cookie(), "url": self.site}])
        return self.go("/")

    def enter(self, email: str) -> None:
        """Fill in and send the sign-in form of this page."""
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.button("Sign in").click()
        self.page.wait_for_url(self.site + "/tickets/**")

    def sign_out(self) -> None:
        """Sign out through the menu."""
        self.page.locator(".top > .menu > summary").click()
        self.button("Sign out").click()
        self.page.wait_for_url(self.site + "/")

    def button(self, name: str) -> Locator:
        """The button of exactly that name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """The link of exactly that name."""
        return self.page.get_by_role("link", name=name, exact=True)

    def set_property(self, label: str, value: str) -> None:
        """Choose or type a property in its menu."""
        menu = self.page.locator("details.fact").filter(has_text=f"{label}: ")
        menu.locator("summary").click()
        if (field := menu.locator("input:not([type=hidden])")).count():
            field.fill(value)
            value = "Save"
        menu.get_by_role("button", name=value, exact=True).click()

    def see(self, *texts: str) -> None:
        """Assert that each text is visible."""
        for text in texts:
            expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def never_see(self, *texts: str) -> None:
        """Assert that none of the texts is in the page, visible or not."""
        content = self.page.content()
        assert not [text for text in texts if text in content]


def open_window(
    browser: Browser,
    app: Flask,
    site: str,
    *,
    javascript: bool = True,
    width: int = 1440,
    height: int = 900,
    locale: str = "en",
    dark: bool = False,
    timezone: str = "UTC",
) -> Window:
    """A browser of somebody who was never here."""
    context = browser.new_context(
        base_url=site,
        java_script_enabled=javascript,
        viewport={"width": width, "height": height},
        locale={"en": "en-GB", "ru": "ru-RU"}[locale],
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        timezone_id=timezone,
    )
    context.set_default_timeout(1000 * PATIENCE)
    window = Window(app, site, context, context.new_page(), javascript)
    _watch(window)
    return window


def _watch(window: Window) -> None:
    """Dialogs, errors, blocked content, requests to others: all of it is noted."""
    note = window.faults.append

    def on_dialog(dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # something typed is not sent yet: leave all the same
            window.asked_to_stay += 1
            dialog.accept()
            return
        note(f"dialog: {dialog.message}")
        dialog.dismiss()

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_REFUSAL):
            note(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((window.site, "data:", "blob:")):
            note(f"request to {request.url}")

    def on_response(response: Response) -> None:
        missing = response.status == 404 and "/static/" in response.url
        if response.status >= 500 or missing:
            note(f"{response.status}: {response.url}")

    window.page.on("dialog", on_dialog)
    window.page.on("pageerror", lambda error: note(f"error: {error}"))
    window.page.on("console", on_console)
    window.context.on("request", on_request)
    window.context.on("response", on_response)
