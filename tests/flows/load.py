"""The load: a few customers who file and answer, one of the staff who replies, at a human pace
times a hundred. It goes on through every fault and tries nothing twice."""

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
from tests.flows.ledger import Deed, Entry, Ledger, State
from tests.flows.person import Person
from tests.waiting import PATIENCE


@dataclass(frozen=True)
class Load:
    """Who is at work, and what came of it so far."""

    ledger: Ledger
    customers: list[Person]
    staff: Person


@contextmanager
def load(port: int, cast: Cast, *, pause: float = 0.3) -> Iterator[Load]:
    """Sign everybody in, and let them work until the block ends.

    `pause` lies between two requests of one person; it bounds what is to be checked afterwards.
    """
    customers = [Person(actor, port) for actor in (cast.ann, cast.bob, cast.carl)]
    made = Load(Ledger(), customers, Person(cast.sam, port))
    with ThreadPoolExecutor() as pool:
        list(pool.map(Person.sign_in, [*customers, made.staff]))
    over = Event()
    threads = [
        Thread(target=_be_customer, args=(one, made.ledger, over, pause)) for one in customers
    ]
    threads.append(Thread(target=_be_staff, args=(made.staff, made.ledger, over, pause)))
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def _be_customer(person: Person, ledger: Ledger, over: Event, pause: float) -> None:
    own: list[Entry] = []
    for turn in count():
        acked = [entry for entry in own if entry.state == State.ACKED]
        if turn % 3 == 2 and acked:
            answer_ticket(person, ledger, secrets.choice(acked))
        else:
            own.append(file_ticket(person, ledger, broken=turn % 7 == 1, attach=turn % 4 == 3))
        if over.wait(pause):
            return


def _be_staff(person: Person, ledger: Ledger, over: Event, pause: float) -> None:
    while not over.wait(pause):
        if filed := ledger.all(State.ACKED, Deed.FILE):
            reply_to_ticket(person, ledger, secrets.choice(filed))


def file_ticket(
    person: Person, ledger: Ledger, *, broken: bool = False, attach: bool = False
) -> Entry:
    """File a ticket and look at it, as a browser does; a broken one must be refused."""
    entry = Entry(Deed.FILE, person.actor)
    fields: dict[str, object] = {
        "subject": "No hot water",
        "message": f"Since Monday. {entry.marker}",
        "priority": "extreme" if broken else "high",
    }
    if attach:
        data = secrets.token_bytes(20_000)
        entry.sha256 = hashlib.sha256(data).hexdigest()
        fields["attachments"] = FileStorage(BytesIO(data), f"{entry.marker}.bin")
    ledger.send(entry, lambda: person.post("/tickets/new", fields))
    _follow(person, entry)
    return entry


def answer_ticket(person: Person, ledger: Ledger, filed: Entry) -> Entry:
    """Say something more on a ticket of one's own."""
    return _comment(person, ledger, Entry(Deed.ANSWER, filed.requester, filed.number), {})


def reply_to_ticket(person: Person, ledger: Ledger, filed: Entry) -> Entry:
    """Answer as staff, and let the ticket wait for its customer."""
    entry = Entry(Deed.REPLY, filed.requester, filed.number)
    return _comment(person, ledger, entry, {"status": "pending"})


def _comment(person: Person, ledger: Ledger, entry: Entry, more: dict[str, str]) -> Entry:
    fields = {"message": f"Any news? {entry.marker}", **more}
    path = f"/tickets/{entry.number}/comments"
    ledger.send(entry, lambda: person.post(path, fields))
    _follow(person, entry)
    return entry


def _follow(person: Person, entry: Entry) -> None:
    if entry.state == State.ACKED:
        try:
            person.get(f"/tickets/{entry.number}")
        except (OSError, HTTPException):
            return  # the deed is done; reading it again later is the check's
