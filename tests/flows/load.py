"""A load: some customers who file and answer, one of the staff who replies, without pausing much.

It goes on through every fault and repeats no request.
"""

import hashlib
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from io import BytesIO
from itertools import count
from threading import Event, Thread

from werkzeug.datastructures import FileStorage

from tests.cast import Cast
from tests.flows.http_browser import CastBrowser
from tests.flows.request_log import Action, Entry, RequestLog, State
from tests.waiting import PATIENCE


@dataclass(frozen=True)
class Load:
    """The people who send requests, and the log of those."""

    request_log: RequestLog
    customers: list[CastBrowser]
    staff: CastBrowser


@contextmanager
def load(port: int, cast: Cast, *, pause: float = 0.3) -> Iterator[Load]:
    """Sign everybody in, and let them send requests until the block ends.

    `pause` is the seconds between two requests of one person.
    """
    customers = [CastBrowser(actor, port) for actor in (cast.ann, cast.bob, cast.carl)]
    made = Load(RequestLog(), customers, CastBrowser(cast.sam, port))
    with ThreadPoolExecutor() as pool:
        list(pool.map(CastBrowser.sign_in, [*customers, made.staff]))
    over = Event()
    threads = [
        Thread(target=_be_customer, args=(one, made.request_log, over, pause)) for one in customers
    ]
    threads.append(Thread(target=_be_staff, args=(made.staff, made.request_log, over, pause)))
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def _be_customer(person: CastBrowser, request_log: RequestLog, over: Event, pause: float) -> None:
    own: list[Entry] = []
    for turn in count():
        acked = [entry for entry in own if entry.state == State.ACKED]
        if turn % 3 == 2 and acked:
            answer_ticket(person, request_log, secrets.choice(acked))
        else:
            own.append(file_ticket(person, request_log, broken=turn % 7 == 1, attach=turn % 4 == 3))
        if over.wait(pause):
            return


def _be_staff(person: CastBrowser, request_log: RequestLog, over: Event, pause: float) -> None:
    while not over.wait(pause):
        if filed := request_log.all(State.ACKED, Action.FILE):
            reply_to_ticket(person, request_log, secrets.choice(filed))


def file_ticket(
    person: CastBrowser, request_log: RequestLog, *, broken: bool = False, attach: bool = False
) -> Entry:
    """File a ticket and look at it, as a browser does; a broken one must be refused."""
    entry = Entry(Action.FILE, person.actor)
    fields: dict[str, object] = {
        "subject": "No hot water",
        "message": f"Since Monday. {entry.marker}",
        "priority": "extreme" if broken else "high",
    }
    if attach:
        data = secrets.token_bytes(20_000)
        entry.sha256 = hashlib.sha256(data).hexdigest()
        fields["attachments"] = FileStorage(BytesIO(data), f"{entry.marker}.bin")
    request_log.send(entry, lambda: person.post("/tickets/new", fields))
    _follow(person, entry)
    return entry


def answer_ticket(person: CastBrowser, request_log: RequestLog, filed: Entry) -> Entry:
    """Comment as the requester."""
    return _comment(person, request_log, Entry(Action.ANSWER, filed.requester, filed.number), {})


def reply_to_ticket(person: CastBrowser, request_log: RequestLog, filed: Entry) -> Entry:
    """Reply as staff and set the ticket pending."""
    entry = Entry(Action.REPLY, filed.requester, filed.number)
    return _comment(person, request_log, entry, {"status": "pending"})


def _comment(
    person: CastBrowser, request_log: RequestLog, entry: Entry, more: dict[str, str]
) -> Entry:
    fields = {"message": f"Any news? {entry.marker}", **more}
    path = f"/tickets/{entry.number}/comments"
    request_log.send(entry, lambda: person.post(path, fields))
    _follow(person, entry)
    return entry


def _follow(person: CastBrowser, entry: Entry) -> None:
    if entry.state == State.ACKED:
        try:
            person.get(f"/tickets/{entry.number}")
        except (OSError, HTTPException):
            return  # it was acknowledged; reading it again later is the check's
