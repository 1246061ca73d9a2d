"""What others change shows on open pages: told by a stream, or looked for without one."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import Notification
from portal.queries.tickets import timeline
from portal.security.people import sessions
from portal.web.live_updates import hub, presence, stream
from tests import factories
from tests.browser.live import serve
from tests.browser.window import Window, open_window
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.servers import free_port
from tests.stream_server import serving
from tests.waiting import wait_for

pytestmark = pytest.mark.databases("sqlite")

Desk = Callable[..., Callable[[], Window]]


@pytest.fixture
def desk(
    app: Flask, another_app: MakeApp, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """`desk(8)()`: a window at a desk that has eight streams."""
    monkeypatch.setattr(stream, "_HEARTBEAT_SECONDS", 0.5)
    monkeypatch.setattr(hub, "_CONNECT_SECONDS", 60.0)  # a busy machine has all its time
    with ExitStack() as stack:

        def opened(streams: int, **environment: str) -> Callable[[], Window]:
            made = another_app(flask={"WEB_STREAMS": streams}, **environment)
            stack.callback(made.extensions["lodge.live"].end)
            site = stack.enter_context(serve(made))
            stack.callback(site.settle)

            def window() -> Window:
                one = open_window(chromium, made, site.url)
                stack.callback(one.context.close)
                return one

            return window

        yield opened


def test_the_bell_rings_on_an_open_page(app: Flask, cast: Cast, desk: Desk):
    filed = factories.file_ticket(app, cast.ann, "Old lamp")
    sam = desk(8)().sign_in(cast.sam)
    with sam.page.expect_response("**/queue/live**"):
        sam.go("/tickets/queue")
    factories.post_comment(app, cast.sue, filed, "Ask @Sam Smith.", internal=True)
    expect(sam.page.locator("#bell")).to_have_text("Notifications, 1 unread1")
    expect(sam.page).to_have_title(re.compile(r"^\(1\) Queue"))
    icon = sam.page.locator("#icon")
    assert icon.get_attribute("href") == icon.get_attribute("data-unread")
    sam.page.locator("#bell").click()
    sam.button("Mark all as read").click()
    expect(sam.page.locator("#bell")).to_have_attribute("data-unread", "0")
    expect(sam.page).to_have_title(re.compile("^Notifications"))
    expect(sam.page.locator("#status")).to_contain_text("All is marked as read.")
    assert icon.get_attribute("href") == icon.get_attribute("data-read")
    assert sam.page.evaluate("document.activeElement !== document.body")


def test_who_answers_has_read_of_the_ticket_on_the_same_page(app: Flask, cast: Cast, desk: Desk):
    filed = factories.file_ticket(app, cast.ann, "Old lamp")
    factories.post_comment(app, cast.sue, filed, "Ask @Sam Smith.", internal=True)
    sam = desk(8)().sign_in(cast.sam)
    sam.go(f"/tickets/{filed.number}")
    sam.page.locator("#message").fill("It is a new one.")
    sam.page.locator("#send button[value='']").click()
    expect(sam.page.locator("#bell")).to_have_attribute("data-unread", "0")


def test_a_colleague_is_named_by_keys(app: Flask, cast: Cast, desk: Desk):
    ticket = factories.file_ticket(app, cast.ann, "Old lamp")
    sam = desk(8)().sign_in(cast.sam).go(f"/tickets/{ticket.number}")
    text, names = (
        sam.page.locator("#message"),
        sam.page.locator("#colleagues [role=option]:visible"),
    )
    text.press_sequentially("@s")
    expect(names).to_have_count(0)  # the customer is to read this
    sam.page.locator(".mode-note").click()
    text.fill("")
    text.press_sequentially("Ask @")
    expect(names).to_have_text(["Ada Adams", "Sue Stone"])
    text.press("ArrowDown")
    expect(text).to_have_attribute("aria-activedescendant", f"colleague-{cast.sue.id}")
    text.press("Escape")
    expect(names).to_have_count(0)
    text.press_sequentially("st")
    expect(names).to_have_text(["Sue Stone"])
    text.press("Enter")
    expect(text).to_have_value("Ask @Sue Stone ")
    expect(names).to_have_count(0)
    text.press_sequentially("and @A")
    names.click()
    expect(text).to_have_value("Ask @Sue Stone and @Ada Adams ")
    expect(text).to_be_focused()
    sam.page.locator("#send button[value='']").click()
    expect(sam.page.locator("#status")).to_contain_text("Note added.")
    with app.app_context():
        told = db.session.scalars(select(Notification.user_id)).all()
        assert set(told) == {cast.sue.id, cast.ada.id}


@pytest.mark.parametrize("left", ["closed", "lost"])
def test_staff_see_who_else_is_at_a_ticket(
    app: Flask, cast: Cast, desk: Desk, monkeypatch: pytest.MonkeyPatch, left: str
):
    monkeypatch.setattr(presence, "BEAT_SECONDS", 1)
    monkeypatch.setattr(presence, "_COUNTS_FOR", 3)
    ticket = factories.file_ticket(app, cast.ann, "Old lamp")
    window = desk(8)
    sam, sue = window().sign_in(cast.sam), window().sign_in(cast.sue)
    line = sam.page.locator("#presence")
    sam.go(f"/tickets/{ticket.number}")
    sue.go("/tickets/queue?view=all")
    sue.link("Old lamp").click()
    expect(line).to_have_text("Sue Stone is reading")
    expect(sam.page.locator("#status")).to_have_text("Sue Stone is reading")
    expect(sue.page.locator("#presence")).to_have_text("Sam Smith is reading")
    sue.page.locator("#message").fill("I have it.")
    expect(line).to_have_text("Sue Stone is writing")
    if left == "closed":
        sue.page.close()
    else:
        sue.context.set_offline(True)
    expect(line).to_be_empty()
    expect(line).to_be_hidden()


def test_the_queue_shows_what_comes_in_unless_that_would_be_in_the_way(
    app: Flask, cast: Cast, desk: Desk
):
    factories.file_ticket(app, cast.ann, "Old lamp")
    sam = desk(8)().sign_in(cast.sam)
    news = sam.page.locator("#news")
    with sam.page.expect_response("**/queue/live**"):
        sam.go("/tickets/queue")
    ticket = factories.file_ticket(app, cast.bob, "Broken lift")
    expect(sam.link("Broken lift")).to_be_visible()
    expect(sam.page.locator(".views [aria-current] .count")).to_have_text("2")
    expect(news).to_be_empty()

    sam.page.get_by_label("REQ000001").check()
    factories.post_comment(app, cast.bob, ticket, "It is urgent.")
    expect(news).to_contain_text("Something changed.")
    expect(sam.page.get_by_label("REQ000001")).to_be_checked()
    sam.page.get_by_label("REQ000001").uncheck()
    news.get_by_role("button", name="Show").click()
    expect(news).to_be_empty()


def test_a_conversation_goes_on_while_somebody_writes(app: Flask, cast: Cast, desk: Desk):
    ticket = factories.file_ticket(app, cast.ann, "Broken lift")
    window = desk(8)
    ann, sam = window().sign_in(cast.ann), window().sign_in(cast.sam)
    for person in (ann, sam):
        with person.page.expect_response("**/REQ000001/live**"):
            person.go("/tickets/REQ000001")
    sam.page.get_by_label("Message").fill("I come at nine.")
    factories.post_comment(app, cast.sue, ticket, "Who is free?", internal=True)
    expect(sam.page.locator("#news")).to_contain_text("A new message came in.")  # for a moment
    expect(sam.page.locator("#timeline")).to_contain_text("Who is free?")
    expect(sam.page.get_by_label("Message")).to_have_value("I come at nine.")

    # What is shown while one writes may not have been read: it is asked about all the same.
    sam.button("Send").click()
    expect(sam.page.get_by_role("alert")).to_contain_text("Who is free?")
    sam.button("Send anyway").click()
    expect(ann.page.locator("#timeline")).to_contain_text("I come at nine.")
    ann.never_see("Who is free?")

    # Who has written nothing yet answers to what stands there.
    ann.page.get_by_label("Message").fill("Thank you.")
    ann.button("Send").click()
    expect(sam.page.locator("#timeline")).to_contain_text("Thank you.")


def test_what_happens_while_a_page_opens_its_stream_is_shown(app: Flask, cast: Cast, desk: Desk):
    ticket = factories.file_ticket(app, cast.ann, "Broken lift")
    window = desk(8)
    ann, sam = window().sign_in(cast.ann), window().sign_in(cast.sam)
    with ann.page.expect_response("**/REQ000001/live**"):  # from now on changes are heard
        ann.go("/tickets/REQ000001")
    held: list[Route] = []
    sam.page.route("**/REQ000001/live**", lambda route: held.append(route))  # noqa: PLW0108
    with sam.page.expect_request("**/REQ000001/live**"):
        sam.go("/tickets/REQ000001")
    factories.post_comment(app, cast.ann, ticket, "It moves again.")
    expect(ann.page.locator("#timeline")).to_contain_text("It moves again.")
    # Who waits in the browser's own way hears of what comes from it.
    wait_for(lambda: sam.page.wait_for_timeout(20) or bool(held), "held back")
    held[0].continue_()
    expect(sam.page.locator("#timeline")).to_contain_text("It moves again.")


def test_without_a_stream_the_page_looks_now_and_then(app: Flask, cast: Cast, desk: Desk):
    sam = desk(0)().sign_in(cast.sam)
    sam.page.clock.install()
    with sam.page.expect_response("**/queue/live**") as refused:
        sam.go("/tickets/queue")
    assert refused.value.status == 204
    factories.file_ticket(app, cast.bob, "Broken lift")
    # A look that fails is nothing that anybody has to read.
    sam.page.route("**/tickets/queue", lambda route: route.fulfill(status=502), times=1)
    with sam.page.expect_response("**/tickets/queue"):
        sam.page.clock.run_for(31_000)
    sam.page.clock.run_for(30_000)
    expect(sam.link("Broken lift")).to_be_visible()
    expect(sam.page.locator("#flash")).to_be_empty()


def test_pages_hear_through_the_process_of_streams_and_come_back_to_it(
    app: Flask, cast: Cast, desk: Desk, queue_url: str
):
    def shown(window: Window, subject: str) -> None:
        factories.file_ticket(app, cast.bob, subject)
        expect(window.link(subject)).to_be_visible()

    with serving(queue_url=queue_url) as process:
        host, port = process.address
        window = desk(8, STREAMS_LISTEN=f"{host}:{port}", STREAMS_URL=f"http://{host}:{port}")
        sam, sue = window().sign_in(cast.sam), window().sign_in(cast.sue)
        for one in (sam, sue):
            with one.page.expect_response("**/streams/*") as opened:
                one.go("/tickets/queue?view=all")
            assert opened.value.status == 200
        shown(sam, "Broken lift")
        wait_for(lambda: len(process.streams) == 2, "both")
        with factories.writing(app):
            sessions.end_all(db.session.get_one(User, cast.sue.id))
        wait_for(lambda: len(process.streams) == 1, "that of who is signed in")
        with sam.page.expect_response("**/queue/live**") as led:
            process.call(process.streams.end_all)
        assert led.value.status == 307
        shown(sam, "It moves")


def test_a_page_looks_by_itself_where_the_process_of_streams_is_out_of_its_reach(
    app: Flask, cast: Cast, desk: Desk, queue_url: str
):
    with serving(queue_url=queue_url):
        place = f"127.0.0.1:{free_port()}"  # behind a wall
        sam = desk(8, STREAMS_LISTEN=place, STREAMS_URL=f"http://{place}")().sign_in(cast.sam)
        sam.page.clock.install()
        with sam.page.expect_event("requestfailed"):
            sam.go("/tickets/queue?view=all")
        for milliseconds in (2_000, 4_000, 8_000):
            with sam.page.expect_event("requestfailed"):
                sam.page.clock.run_for(milliseconds)
        factories.file_ticket(app, cast.bob, "Broken lift")
        sam.page.clock.run_for(31_000)
        expect(sam.link("Broken lift")).to_be_visible()


def test_what_comes_in_is_not_put_next_to_earlier_messages(app: Flask, cast: Cast, desk: Desk):
    ticket = factories.file_ticket(app, cast.ann, "Long talk")
    for n in range(timeline.RECENT):
        factories.post_comment(app, cast.ann, ticket, f"Part {n}")
    ann = desk(8)().sign_in(cast.ann).go("/tickets/REQ000001")
    earlier = ann.page.locator("#fold-open")
    with ann.page.expect_response("**/REQ000001/live**"):
        ann.go(earlier.get_attribute("href"))
    factories.post_comment(app, cast.sam, ticket, "The answer.")
    expect(ann.page.locator("#news")).to_contain_text("Something changed.")
    ann.never_see("The answer.")
    ann.button("Show").click()
    ann.see("The answer.")


def test_what_was_unfolded_stays_where_it_is(app: Flask, cast: Cast, desk: Desk):
    ticket = factories.file_ticket(app, cast.ann, "Long talk", "Question")
    for n in range(timeline.RECENT):
        factories.post_comment(app, cast.ann, ticket, f"Part {n}")
    sam = desk(8)().sign_in(cast.sam)
    with sam.page.expect_response("**/REQ000001/live**"):
        sam.go("/tickets/REQ000001")
    sam.link("1 earlier message").click()
    expect(sam.page.locator(".loaded .msg-time")).to_be_focused()
    expect(sam.page.locator("#status")).to_contain_text("Earlier messages are shown.")
    factories.post_comment(app, cast.ann, ticket, "And now?")
    expect(sam.page.locator("#timeline")).to_contain_text("And now?")
    parts = ["Question", *(f"Part {n}" for n in range(timeline.RECENT)), "And now?"]
    expect(sam.page.locator(".msg .prose")).to_have_text(parts)


def test_who_wants_it_quiet_has_it_quiet(app: Flask, cast: Cast, desk: Desk):
    sam = desk(8)().sign_in(cast.sam)
    sam.page.locator(".top > .menu > summary").click()
    sam.page.get_by_label("Live updates").uncheck()
    asked: list[str] = []
    sam.page.on("request", lambda request: asked.append(request.url))
    sam.page.clock.install()
    sam.go("/tickets/queue")
    factories.file_ticket(app, cast.bob, "Broken lift")
    # Who has no stream looks twice meanwhile.
    sam.page.clock.run_for(61_000)
    sam.page.evaluate("fetch('/health')")  # what the page asked for before has been told by now
    assert not [url for url in asked if "/live?" in url]
    assert len([url for url in asked if "/tickets/queue" in url]) == 1
    expect(sam.link("Broken lift")).to_have_count(0)
    sam.sign_out()
    sam.sign_in(cast.sam)
    sam.page.locator(".top > .menu > summary").click()
    expect(sam.page.get_by_label("Live updates")).not_to_be_checked()
