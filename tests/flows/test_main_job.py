"""The main job through plain forms: a customer asks, staff answer, the mail goes out."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from rq import Queue

from portal.queueing import QUEUE, connect
from tests.cast import PASSWORD, Cast
from tests.html import Node
from tests.page import Page, Visitor
from tests.waiting import PATIENCE

DORA = "dora@example.com"
DESK = "support@localhost.localdomain"
NOTE = "Third leak in that street"
ANSWER = "A plumber is with you before noon"
Deliver = Callable[[], dict[str, str]]


@pytest.fixture
def deliver(app: Flask, queue_url: str, mail_folder: Path) -> Deliver:
    """Do the jobs that were enqueued; answers the new mails' texts by recipient."""
    seen: set[Path] = set()

    def work() -> dict[str, str]:
        with connect(queue_url, timeout=PATIENCE) as connection, app.app_context():
            queue = Queue(QUEUE, connection=connection)
            for job in queue.jobs:
                job.perform()
            queue.empty()
        new = set(mail_folder.glob("*.eml")) - seen
        seen.update(new)
        mails = [_read(path) for path in new]
        assert len({mail["To"] for mail in mails}) == len(mails)
        return {str(mail["To"]): _text(mail) for mail in mails}

    return work


def test_from_the_first_word_to_the_ticket_that_is_opened_again(
    visit: Callable[[], Visitor], cast: Cast, deliver: Deliver
) -> None:
    dora, sam = visit(), visit().enter(cast.sam)
    _register(dora, deliver)
    path = _file(dora)
    mails = deliver()
    assert set(mails) == {DORA, DESK}
    assert f"http://localhost{path}" in mails[DORA]
    assert "It is rising." in mails[DESK]

    assert "Water in the cellar" in sam.get("/tickets/queue").words
    sam.post(f"{path}/assignment", {"assignee": "me"})
    sam.post(f"{path}/comments", {"message": NOTE, "internal": "1"})
    assert deliver() == {}  # who takes a ticket knows it; a note goes to nobody
    sam.post(f"{path}/comments", {"message": ANSWER, "status": "pending"})
    mails = deliver()
    assert set(mails) == {DORA}
    assert ANSWER in mails[DORA]

    page = dora.get(path)
    assert ANSWER in page.words
    assert NOTE not in page.text
    dora.post(f"{path}/comments", {"message": "He came and all is dry"})
    assert set(deliver()) == {cast.sam.email}
    dora.post(f"{path}/status", {"status": "solved"})
    dora.post(f"{path}/comments", {"message": "It drips again"})
    assert "It drips again" in deliver()[cast.sam.email]
    assert _history(sam.get(path)) == [
        "Dora Dahl: It is rising.",
        "Sam Smith took this ticket",
        f"Sam Smith: {NOTE}",
        f"Sam Smith: {ANSWER}",
        "Sam Smith set the status to Waiting for customer",
        "Dora Dahl: He came and all is dry",
        "Dora Dahl set the status to Open",
        "Dora Dahl set the status to Solved",
        "Dora Dahl: It drips again",
        "Dora Dahl set the status to Open",
    ]


def _register(dora: Visitor, deliver: Deliver) -> None:
    """The password comes with the mailed link."""
    names = {"first_name": "Dora", "last_name": "Dahl", "company_name": "Dahl & Daughters"}
    dora.post("/auth/register", {"email": DORA, **names})
    mails = deliver()
    assert set(mails) == {DORA}
    link = re.search(r"http://localhost(/auth/verify/\S+)", mails[DORA])
    assert link
    dora.post(link[1], {"password": PASSWORD})


def _file(dora: Visitor) -> str:
    """A ticket with a file that comes back as it went; answers the ticket's path."""
    file = (BytesIO(b"Ankle-deep, and cold."), "cellar.txt")
    fields = {"subject": "Water in the cellar", "message": "It is rising.", "priority": "high"}
    answer = dora.post("/tickets/new", {**fields, "attachments": file})
    page = dora.follow(answer)
    links = [a["href"] for a in page.all("a", href=True) if "/attachments/" in a["href"]]
    assert [dora.http.get(link).data for link in links] == [b"Ankle-deep, and cold."]
    return answer.location


def _history(page: Page) -> list[str]:
    """What the conversation tells, in its order, without the times."""
    told = []
    for item in page.one(id="timeline").children:
        if isinstance(item, Node) and item["class"] not in {"day", "new-line"}:
            said = item.all(class_="prose")
            told.append(
                f"{item.one('strong').text}: {said[0].text}" if said else item.all("span")[0].text
            )
    return told


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[return-value]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
