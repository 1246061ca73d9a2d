"""What is measured: the pages, the people who ask for them, and what each page has to contain."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.bench import data, words

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_SUBJECT, _MESSAGE = "The benchmark files a ticket", "It says what happened. " * 20


class WrongAnswer(Exception):
    """What was measured is not what was meant."""


@dataclass(frozen=True)
class Ask:
    """One request. `who` is an address or nobody; `holds` counts what proves the right page."""

    name: str
    path: str
    who: str = ""
    method: str = "GET"
    form: dict[str, str] = field(default_factory=dict)
    expected: int = 200
    holds: tuple[str, int] = ("</html>", 1)

    def body(self, csrf_token: str) -> str:
        """The form as the browser sends it."""
        return urlencode({"csrf_token": csrf_token, **self.form}) if self.form else ""


def pages(tickets: int) -> list[Ask]:
    """The pages of a desk with so many tickets."""
    staff, customer = data.STAFF_EMAIL, data.CUSTOMER_EMAIL
    found = min(tickets // 1000, 30)
    long = f"/tickets/REQ{data.long_ticket(tickets):06d}"
    comment = ('id="comment-', data.MANY_COMMENTS)
    form = {"subject": _SUBJECT, "message": _MESSAGE, "priority": "medium"}
    return [
        Ask("queue", "/tickets/queue", staff, holds=('<tr id="t', 30)),
        Ask("ticket", long, staff, holds=comment),
        Ask("search", f"/tickets/queue?view=all&q={words.RARE}", staff, holds=('<tr id="t', found)),
        Ask(
            "filing",
            "/tickets/new",
            customer,
            "POST",
            form,
            expected=303,
            holds=("/tickets/REQ", 2),
        ),
        Ask("sign-in", "/auth/login", holds=('type="password"', 1)),
    ]


def sign_in(send: Callable[[str, str, str], tuple[int, str]], who: str) -> str:
    """Sign in through the form, as people do; answers the token for further forms.

    `send(method, path, body)` keeps the cookies and answers status and body.
    """
    token = _token(send("GET", "/auth/login", "")[1])
    if not who:
        return token
    body = urlencode({"csrf_token": token, "email": who, "password": data.PASSWORD})
    status, _ = send("POST", "/auth/login", body)
    if status != 303:
        raise WrongAnswer(f"{who} could not sign in: {status}")
    return _token(send("GET", "/tickets/new", "")[1])


def check(ask: Ask, status: int, answer: str) -> None:
    """Raises WrongAnswer for an answer that is not the page: an error page is fast, too."""
    what, times = ask.holds
    if status != ask.expected or answer.count(what) != times:
        raise WrongAnswer(
            f"{ask.name}: status {status}, {answer.count(what)} × {what!r} instead of {times}"
        )


def _token(page: str) -> str:
    found = CSRF.search(page)
    if found is None:
        raise WrongAnswer("a page without a form")
    return found[1]
