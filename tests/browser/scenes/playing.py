"""What scenes are made of: a page, a form that is refused, something unfolded.

Controls are found by their names in forms, not by their words: the scenes are played in each
language.
"""

from collections.abc import Callable

from tests.browser.window import Window

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
MESSAGE = f"""Hello,

the **radiator** in room 12 is cold. What I did:

1. turned it on
2. waited for an hour, see [the manual](https://example.com/{LONG})

> Did you bleed it?

| room | degrees | when |
|------|---------|------|
| 12   | 14      | noon |

```
{LONG} {LONG} --verbose
```
"""
INVITED = f"{LONG[:60]}@example.com"
REFUSAL = ".field-error, .flash-error"
KEY_FORM = HOOK_FORM = "form[aria-labelledby=make-title]"
PRIVACY = "/account/privacy"
COLD, BEGUN, SOLVED, CLOSED = (f"/tickets/REQ{number:06d}" for number in (1, 2, 6, 7))
Scene = Callable[[Window], object]
PATHS: set[str] = set()  # what the scenes ask for


def at(path: str) -> Scene:
    PATHS.add(path)
    return lambda someone: someone.go(path)


def send(path: str, form: str, answer: str = REFUSAL, **fields: str) -> Scene:
    """The form is sent past the browser's own checks, so that the page has to give the answer."""
    PATHS.add(path)

    def play(someone: Window) -> None:
        someone.go(path)
        for name, value in fields.items():
            someone.page.locator(f"{form} [name={name}]").fill(value)
        with someone.page.expect_response(lambda response: response.request.method == "POST"):
            someone.page.locator(form).first.evaluate(
                "form => { form.noValidate = true; form.requestSubmit() }"
            )
        someone.page.wait_for_load_state()
        someone.page.locator(answer).first.wait_for()

    return play


def opened(path: str, summary: str) -> Scene:
    """A page with something unfolded."""
    PATHS.add(path)

    def play(someone: Window) -> None:
        someone.go(path)
        if summary.startswith("#send"):  # the composer shows its buttons to who is at it
            someone.page.locator("#message").focus()
        for one in someone.page.locator(summary).all():
            one.click()

    return play
