"""Pages of staff: the queue, tickets, people, and their own settings."""

from flask import Flask

from tests import factories
from tests.browser.scenes.playing import (
    BEGUN,
    CLOSED,
    COLD,
    KEY_FORM,
    LONG,
    MESSAGE,
    PRIVACY,
    Scene,
    at,
    opened,
    send,
)
from tests.browser.window import Window
from tests.cast import Cast


def replies_dialog(someone: Window) -> None:
    """Saved replies beside the composer."""
    someone.go(COLD)
    someone.page.locator("#message").focus()  # the composer is one line until then
    someone.page.locator("#open-replies").click()
    someone.page.locator("dialog.replies #reply-q").wait_for()


def panel(someone: Window) -> None:
    """A ticket beside the queue."""
    someone.go("/tickets/queue")
    someone.page.locator("#rows .m a").last.click()
    someone.page.locator("#panel #message").wait_for()


def note(someone: Window) -> None:
    """An internal note that is being written."""
    panel(someone)
    someone.page.locator("#panel #message").fill("Only for us.")
    someone.page.locator("#panel .mode-note").click()


def ticked(someone: Window) -> None:
    """Rows that are to be changed together."""
    someone.go("/tickets/queue")
    for box in someone.page.locator("#rows [type=checkbox]").all()[:2]:
        box.check()


def undo(someone: Window) -> None:
    """What was done to many tickets, with the way back."""
    ticked(someone)
    someone.page.locator("#bulk-action").select_option("priority:low")
    someone.page.locator("#bulk-bar button").click()
    someone.page.locator("#flash form").wait_for()


def news(someone: Window) -> None:
    """Something changed while rows are ticked."""
    ticked(someone)
    someone.page.evaluate("lodge.say('changed', () => {})")
    someone.page.locator("#news button").wait_for()


def restored(someone: Window) -> None:
    """The only ticket in the trash was taken out of it."""
    someone.go("/tickets/trash")
    someone.page.locator("#trash button").click()
    someone.page.locator("#trash .empty").wait_for()


def keys(someone: Window) -> None:
    """The help for the keyboard."""
    someone.go("/tickets/queue")
    someone.page.locator("header summary").last.click()
    someone.page.locator("[data-keys]").click()


def palette(someone: Window) -> None:
    """What can be done to a ticket, in the dialog."""
    someone.go(COLD)
    someone.page.keyboard.press("Control+k")
    someone.page.locator("#palette-results .go-way").first.wait_for()


def conflict(app: Flask, cast: Cast) -> Scene:
    """Somebody else has answered meanwhile."""

    def play(someone: Window) -> None:
        someone.go(COLD)
        someone.page.locator("#message").fill("I come tomorrow.")
        factories.post_comment(app, cast.sue, factories.Filed(1, "", 0), MESSAGE)
        someone.page.locator("#send button[value='']").click()
        someone.page.locator("#newer").wait_for()

    return play


SAM: dict[str, Scene] = {
    "queue": at("/tickets/queue?view=all"),
    "empty queue": at("/tickets/queue?view=mine"),
    "queue by tag": at("/tickets/queue?view=all&tag=heating"),
    "queue by several filters": at(
        f"/tickets/queue?view=all&status=new&assignee=none&requester=USR000002&tag={LONG[:60]}"
    ),
    "unknown filters": at(f"/tickets/queue?colour={LONG}&status=lost"),
    "mistakes in a search": at(f"/tickets/queue?q={LONG[:50]}+status:opn+created:soon+x:1"),
    "found": at("/tickets/queue?q=radiator+room"),
    "hidden matches": at("/tickets/queue?status=closed&q=radiators"),
    "nothing found": at(f"/tickets/queue?view=all&q=zzzz+{LONG}"),
    "long words found": at(f"/tickets/queue?view=all&q={LONG}"),
    "search unfinished": at("/tickets/queue?q=radiator+OR+status:"),
    "help for searching": opened("/tickets/queue", ".search-help summary"),
    "rows ticked": ticked,
    "rows changed": undo,
    "something changed": news,
    "many changes": at("/tickets/queue/bulk"),
    "a change of many": at("/tickets/queue/bulk/1"),
    "a change under way": at("/tickets/queue/bulk/2"),
    "a macro for many": at("/tickets/queue/bulk/new?action=macro&query=view%3Dall"),
    "what is to be changed": at("/tickets/queue/bulk/new?action=macro:1&query=view%3Dall"),
    "nothing to change": at(
        "/tickets/queue/bulk/new?action=status:open&query=view%3Dall%26tag%3Dzzz"
    ),
    "panel": panel,
    "note in the panel": note,
    "draft, and another one": opened(BEGUN, "[data-draft-state] summary"),
    "keyboard help": keys,
    "saved view": at("/tickets/queue?saved=1"),
    "changed view": at("/tickets/queue?saved=1&view=all&status=open"),
    "saved view that is gone": at("/tickets/queue?saved=99"),
    "views": opened("/tickets/queue/views", ".edit summary"),
    "saved replies": opened("/tickets/replies", ".edit summary"),
    "saved reply refused": send("/tickets/replies/new", "main form", name=""),
    "a saved reply is chosen": at(f"{COLD}/replies"),
    "no saved reply is found": at(f"{COLD}/replies?q=zzz"),
    "saved replies in a dialog": replies_dialog,
    "quotes of a mail": opened(COLD, ".rest summary"),
    "an automatic answer": opened(COLD, ".msg.event summary"),
    "answers that have not left": opened(BEGUN, ".send-later summary"),
    "view refused": send("/tickets/queue/views/new?priority=high", "main form", name=""),
    "ticket for somebody": at("/tickets/new"),
    "ticket for one of several": send(
        "/tickets/new", "main form", "[name=person]", requester="a", subject="x", message="y"
    ),
    "ticket for nobody": send(
        "/tickets/new", "main form", requester="zzzz", subject="x", message="y"
    ),
    "notifications": at("/tickets/notifications"),
    "no notification": at("/tickets/notifications?cursor=1"),
    "what one is told of": at("/account/notifications"),
    "trash": at("/tickets/trash"),
    "help found": at("/help/?q=API"),
    "suggestions": at(f"{COLD}/suggestions"),
    "similar tickets": at(f"{COLD}/similar"),
    "no similar tickets": at("/tickets/REQ000003/similar"),
    "person": at("/people/USR000001"),
    "note refused": send("/people/USR000001", "form[action$=notes]", text="\u200b"),
    "note": at("/notes/1"),
    "person without tickets": at("/people/USR000003"),
    "none of their tickets fits": at("/people/USR000001?status=closed&priority=low"),
    "person's activity": at("/people/USR000001/log"),
    "organization": at("/organizations/ORG000001"),
    "organization's activity": at("/organizations/ORG000001/log"),
    "empty trash": restored,
    "ticket": opened(COLD, "#send summary"),
    "ticket before the trash": opened(COLD, ".talk > .ask summary"),
    "closed ticket of a customer": at(CLOSED),
    "not for staff": at("/admin/"),
    "profile": at("/account/"),
    "mails in one's own name": at("/account/mail"),
    "own absence": send("/account/absence", "main form", back_on="2020-01-01"),
    "profile refused": send("/account/", "main form", username="x"),
    "found by a few letters": at("/go?q=a&ticket=REQ000001"),
    "palette": palette,
    "keys": at("/account/shortcuts"),
    "keys refused": send("/account/shortcuts", "main form", key_down="k", key_up="k"),
    "devices": at("/account/security"),
    "no keys": at("/account/keys"),
    "key made": send("/account/keys", KEY_FORM, "#key", name=LONG),
    "key refused": send("/account/keys", KEY_FORM, name=" "),
    "own activity": at("/account/log"),
    "copy failed": at(PRIVACY),
}
