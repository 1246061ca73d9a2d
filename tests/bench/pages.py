"""What is measured: pages and endpoints, who asks for them, and what each answer has to contain."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from portal.queries.tickets import timeline
from tests.bench import data, words

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_TICKET = {
    "subject": "The benchmark files a ticket",
    "message": "It says what happened. " * 20,
    "priority": "medium",
}
# `send(method, path, body, headers)` keeps cookies and answers status and body.
Send = Callable[[str, str, str, Mapping[str, str]], tuple[int, str]]
# Address → API key.
Keys = Mapping[str, str]


class WrongAnswer(Exception):
    """What was measured is not what was meant."""


@dataclass(frozen=True)
class Ask:
    """One request. `who` is an address or nobody; `holds` counts what proves the right answer.

    `bare` is the address, on the bare server, of what it is held against.
    """

    name: str
    path: str
    who: str = ""
    method: str = "GET"
    fields: dict[str, str] = field(default_factory=dict)
    expected: int = 200
    holds: tuple[str, int] = ("</html>", 1)
    bare: str = "/"

    @property
    def of_api(self) -> bool:
        """Whether a program asks it, with a key."""
        return self.path.startswith("/api/")

    def headers(self, keys: Keys) -> dict[str, str]:
        """What it carries beside cookies."""
        kind = "application/json" if self.of_api else "application/x-www-form-urlencoded"
        return {
            **({"Authorization": f"Bearer {keys[self.who]}"} if self.of_api else {}),
            **({"Content-Type": kind} if self.fields else {}),
        }

    def body(self, csrf_token: str) -> str:
        """The fields as the program or the browser sends them."""
        if not self.fields:
            return ""
        if self.of_api:
            return json.dumps(self.fields)
        return urlencode({"csrf_token": csrf_token, **self.fields})


def pages(tickets: int) -> list[Ask]:
    """The pages and endpoints of a desk with so many tickets."""
    staff, customer = data.STAFF_EMAIL, data.CUSTOMER_EMAIL
    found = min(tickets // 1000, 30)
    long = f"/tickets/REQ{data.long_ticket(tickets):06d}"
    huge = f"/tickets/REQ{data.huge_ticket(tickets):06d}"
    comment = ('id="comment-', timeline.RECENT)  # the others are folded
    api = "/api/v1/tickets"
    return [
        Ask("queue", "/tickets/queue?view=unsolved", staff, holds=('<tr id="t', 30)),
        Ask("to answer", "/tickets/queue?view=to_answer", staff, holds=('<tr id="t', 30)),
        Ask("saved view", "/tickets/queue?saved=1", staff, holds=('<tr id="t', 30)),
        Ask("statistics", "/admin/?from=2025-10-01&to=2025-10-30", staff),
        Ask("palette", f"/go?q=mar&ticket={long[9:]}", staff, holds=('href="/people/USR', 8)),
        Ask("ticket", long, staff, holds=comment),
        Ask("10,000 comments", huge, staff, holds=comment),
        Ask("similar tickets", f"{long}/similar", staff),
        _search("search", staff, [words.RARE], found),
        _search("frequent word", staff, [words.FREQUENT], 30),
        _search("two frequent words", staff, [words.FREQUENT, words.SECOND_FREQUENT], 30),
        Ask(
            "filing",
            "/tickets/new",
            customer,
            "POST",
            _TICKET,
            expected=303,
            holds=("/tickets/REQ", 2),
        ),
        Ask("sign-in", "/auth/login", holds=('type="password"', 1)),
        Ask("API list", f"{api}?limit=50", staff, holds=('"number":', 50), bare="/list"),
        Ask("API read", f"{api}{long[8:]}", staff, holds=('"number":', 1), bare="/read"),
        Ask(
            "API create",
            api,
            customer,
            "POST",
            _TICKET,
            expected=201,
            holds=('"number":', 1),
            bare="/read",
        ),
    ]


def _search(name: str, who: str, searched: list[str], found: int) -> Ask:
    return Ask(
        name, f"/tickets/queue?view=all&q={'+'.join(searched)}", who, holds=('<tr id="t', found)
    )


def prepare(ask: Ask, send: Send, keys: Keys) -> tuple[dict[str, str], str]:
    """Sign in if need be. Answers the headers and the body that `ask` is sent with."""
    of_page = not ask.of_api and bool(ask.who or ask.fields)
    return ask.headers(keys), ask.body(sign_in(send, ask.who) if of_page else "")


def sign_in(send: Send, who: str) -> str:
    """Sign in through the form, as people do; answers the token for further forms."""
    token = _token(send("GET", "/auth/login", "", {})[1])
    if not who:
        return token
    form = Ask("", "/auth/login", fields={"email": who, "password": data.PASSWORD})
    status, _ = send("POST", form.path, form.body(token), form.headers({}))
    if status != 303:
        raise WrongAnswer(f"{who} could not sign in: {status}")
    return _token(send("GET", "/tickets/new", "", {})[1])


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
