"""The program as it is started and ended: by a signal, by systemd, by a wrong setting."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobs import inbound
from jobs.process import die_with_parent
from portal.extensions import db
from portal.models.inbound import InboundMessage
from portal.models.operations import Heartbeat, HeartbeatName
from tests.architecture.source import ROOT
from tests.flows.process import ForkedProcess
from tests.inbound.mails import DESK, mail
from tests.mail_bringer import Bringer, dotted, takes_mail
from tests.servers import short_folder
from tests.waiting import PATIENCE, wait_for

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
RAW = mail().as_bytes()
PROGRAM = (sys.executable, "-m", "jobs.inbound")
TESTS = os.getpid()


def prepare(listener: socket.socket) -> None:
    die_with_parent(signal.SIGKILL, TESTS)
    os.dup2(listener.fileno(), 3)


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder("inbound") as made:
        yield made


@pytest.fixture
def program(
    app: Flask, settings: dict[str, str], folder: Path
) -> Iterator[tuple[ForkedProcess, Path]]:
    """The program that listens at a path."""
    path = folder / "inbound.sock"
    environment = {**settings, "INBOUND_URL": f"lmtp+unix://{path}"}
    process = ForkedProcess(inbound.main, folder / "log", environment)
    process.start()
    try:
        wait_for(lambda: takes_mail(path), "listening")
        yield process, path
    finally:
        process.kill()
        sys.stderr.write((folder / "log").read_text())


def kept(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(InboundMessage.id))) or 0


def test_told_to_end_it_keeps_the_mail_at_hand_and_takes_no_other(
    app: Flask, program: tuple[ForkedProcess, Path]
) -> None:
    process, path = program
    with Bringer(path) as busy, Bringer(path) as idle:
        busy.address(DESK)
        assert busy.say("DATA").startswith("354")
        sent = dotted(RAW)
        busy.sock.sendall(sent[:50])
        os.kill(process.pid, signal.SIGTERM)
        assert idle.answer().startswith("421 4.3.2")
        assert not takes_mail(path)
        busy.sock.sendall(sent[50:])
        assert busy.answer().startswith("250 2.0.0")
        assert busy.answer().startswith("421 4.3.2")
    wait_for(lambda: not process.alive, "over")
    assert not path.exists()
    assert kept(app) == 1


def test_it_waits_for_no_mail_that_does_not_come(
    app: Flask, program: tuple[ForkedProcess, Path]
) -> None:
    process, path = program
    with Bringer(path) as stuck:
        stuck.address(DESK)
        assert stuck.say("DATA").startswith("354")
        os.kill(process.pid, signal.SIGTERM)
        wait_for(lambda: not process.alive, "over")
        assert stuck.answer() == ""
    assert kept(app) == 0


def test_killed_and_started_again_it_takes_the_place_of_its_socket(
    app: Flask, program: tuple[ForkedProcess, Path]
) -> None:
    process, path = program
    process.kill()
    assert path.is_socket()
    process.start()
    wait_for(lambda: takes_mail(path), "listening")
    with Bringer(path) as bringer:
        assert bringer.bring(RAW, DESK)[0].startswith("250")


def test_it_leaves_signs_of_life(app: Flask, program: tuple[ForkedProcess, Path]) -> None:
    def left() -> bool:
        with app.app_context():
            return db.session.get(Heartbeat, HeartbeatName.INBOUND) is not None

    wait_for(left, "a sign of life")


def test_systemd_may_hand_over_the_socket_and_keeps_it(
    app: Flask, settings: dict[str, str], folder: Path
) -> None:
    path = folder / "inbound.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        process = subprocess.Popen(
            ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *PROGRAM],
            cwd=ROOT,
            env={**os.environ, **settings, "INBOUND_URL": f"lmtp+unix://{path}"},
            stdin=subprocess.DEVNULL,
            pass_fds=[3],
            preexec_fn=lambda: prepare(listener),  # noqa: PLW1509 - started from one thread
        )
        with Bringer(path) as bringer:
            assert bringer.bring(RAW, DESK)[0].startswith("250")
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert path.is_socket()


@pytest.mark.parametrize("url", ["", "imaps://desk:secret@mail.example.com"])
def test_without_a_place_to_listen_at_it_says_so_in_one_line(
    app: Flask, settings: dict[str, str], folder: Path, url: str
) -> None:
    process = ForkedProcess(inbound.main, folder / "log", {**settings, "INBOUND_URL": url})
    process.start()
    wait_for(lambda: not process.alive, "over")
    [line] = process.said.splitlines()
    assert line.startswith("lodge: INBOUND_URL names nothing to listen on")
    assert "secret" not in line
