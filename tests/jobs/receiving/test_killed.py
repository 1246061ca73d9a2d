"""The receiver is killed at any moment: what was not answered comes again, and is there once."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.receiving import program
from jobs.running import application
from portal.extensions import db
from portal.models.inbound import InboundMessage
from portal.models.tickets import Comment
from tests.cast import Cast
from tests.forked import forked
from tests.inbound.mails import DESK, mail, read
from tests.jobs.dying import die_at
from tests.jobs.receiving.conftest import Connect
from tests.mail_bringer import Bringer, takes_mail
from tests.servers import short_folder
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

# Every so many statements of the database somebody dies.
STEP = 3


def run_and_die_at(count: int) -> None:
    with application().app_context():
        die_at(count, program.run)


def run_and_die_after(step: str) -> None:
    """Be killed as soon as the function of that name has been called."""
    done: Callable[..., object] = resolve_name(step)

    def last(*arguments: Any, **options: Any) -> None:
        done(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    with patch(step, last):
        program.run()


def bring_to_the_dying(
    settings: dict[str, str], raw: bytes, work: Callable[..., None], *arguments: object
) -> bool:
    """Bring a mail to a receiver that is killed meanwhile; whether it lived to answer."""
    with short_folder("inbound") as folder, ExitStack() as stack:
        path = folder / "inbound.sock"
        environment = {**settings, "INBOUND_URL": f"lmtp+unix://{path}"}
        process = stack.enter_context(forked(environment, work, *arguments))
        wait_for(lambda: takes_mail(path) or process.exitcode is not None, "listening or dead")
        with suppress(OSError), Bringer(path) as bringer:
            if bringer.bring(raw, DESK)[0].startswith("250"):
                return True
        wait_for(lambda: process.exitcode is not None, "the end of the process")
        assert process.exitcode == -signal.SIGKILL
        return False


def test_whenever_it_is_killed_each_mail_is_in_the_conversation_once(
    app: Flask, cast: Cast, settings: dict[str, str], connect: Connect
) -> None:
    texts = []
    for count in range(1, 100, STEP):
        texts.append(f"Number {count}.")
        raw = mail(text=texts[-1]).as_bytes()
        if bring_to_the_dying(settings, raw, run_and_die_at, count):
            break
        assert connect().bring(raw, DESK)[0].startswith("250 2.0.0")
    assert len(texts) > 3
    check_once(app, texts)


@pytest.mark.parametrize(
    ("step", "is_known"),
    [
        ("portal.storage.Folder.put", False),
        ("portal.services.inbound.messages.keep", False),
        ("jobs.receiving.reception.receive", True),
    ],
)
def test_killed_between_two_steps_it_is_brought_the_mail_again(
    app: Flask, cast: Cast, settings: dict[str, str], connect: Connect, step: str, is_known: bool
) -> None:
    raw = mail(text="One.").as_bytes()
    assert not bring_to_the_dying(settings, raw, run_and_die_after, step)
    [said] = connect().bring(raw, DESK)
    assert said.endswith("as before") is is_known
    check_once(app, ["One."])


def check_once(app: Flask, texts: list[str]) -> None:
    read(app)
    with app.app_context():
        assert sorted(db.session.scalars(select(Comment.message))) == sorted(texts)
        storage = app.extensions["lodge.storage"]
        assert all(map(storage.has, db.session.scalars(select(InboundMessage.storage_key))))
