"""`make run`: starts from nothing, keeps everything alive, leaves nothing behind."""

import os
import pty
import select
import shutil
import signal
import socket
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dotenv import dotenv_values

from tests.architecture.source import ROOT
from tests.inbound.mails import mail
from tests.mail_bringer import Bringer, takes_mail
from tests.running import Running, end, running
from tests.servers import free_port, short_folder
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class FirstStart:
    """What the first start in an empty folder left when Ctrl-C had ended it."""

    folder: Path
    output: str
    port: int
    exit_code: int

    def copy(self, name: str) -> Path:
        """The folder again, for another start; the sockets of a server that was killed stay."""
        sockets = shutil.ignore_patterns("*.sock")
        return Path(shutil.copytree(self.folder, self.folder.with_name(name), ignore=sockets))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    with running(tmp_path_factory.mktemp("lodge") / "var") as started:
        started.process.send_signal(signal.SIGINT)
        code = started.process.wait(PATIENCE)
        wait_for(lambda: not started.pids(), "gone")
        return FirstStart(started.folder, started.output, started.port, code)


@pytest.fixture(scope="module")
def lodge_run(first: FirstStart) -> Iterator[Running]:
    with running(first.copy("kept")) as started:
        yield started


def is_idle(started: Running) -> bool:
    """Supervisor, queue server, web server with one process, worker, streams: and no job."""
    return len(started.pids()) == 6


def refusal(folder: Path, **environment: str) -> str:
    """The one line that a start ends with which cannot succeed."""
    started = Running(folder, **environment)
    try:
        assert started.wait_until_over() == 1
        wait_for(lambda: not started.pids(), "gone")
        lines = started.output.splitlines()
        assert len(lines) == 1, started.output
        return lines[0]
    finally:
        end(started)


def test_the_first_start_says_all_that_one_needs_to_know(first: FirstStart) -> None:
    assert f"http://127.0.0.1:{first.port}" in first.output
    for account in (
        "admin@company.com / SecureAdminPass123!",
        "staff@company.com / SecureStaffPass123!",
        "user@company.com / SecureUserPass123!",
    ):
        assert account in first.output
    assert f"{first.folder}/outbox/*.eml" in first.output
    assert first.output.splitlines()[-1] == "ready"


def test_ctrl_c_ends_everything_with_exit_code_zero(first: FirstStart) -> None:
    assert first.exit_code == 0  # and `first` has waited until nothing was left


def test_a_later_start_follows_the_port_and_keeps_the_keys(
    first: FirstStart, lodge_run: Running
) -> None:
    before = dotenv_values(first.folder / "demo.env")
    after = dotenv_values(lodge_run.folder / "demo.env")
    assert after == {**before, "BASE_URL": f"http://127.0.0.1:{lodge_run.port}"}
    assert "Writing the demonstration" not in lodge_run.output


def test_ready_means_that_pages_are_answered(lodge_run: Running) -> None:
    assert lodge_run.get("/health") == 200
    assert lodge_run.get("/auth/login") == 200


def test_it_listens_on_loopback_alone(lodge_run: Running) -> None:
    local = f":{lodge_run.port:04X}"
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[1].endswith(local) and line.split()[3] == "0A"
    ]
    assert listening == [f"0100007F{local}"]


def test_keys_and_sockets_are_for_their_owner_alone(lodge_run: Running) -> None:
    run = lodge_run.folder / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert stat.S_IMODE((run / "queue.sock").stat().st_mode) == 0o600
    assert stat.S_IMODE((lodge_run.folder / "demo.env").stat().st_mode) == 0o600


def test_the_demonstration_is_there_and_owes_no_mail(lodge_run: Running) -> None:
    with sqlite3.connect(lodge_run.folder / "lodge.sqlite3") as connection:
        tickets, comments, mails = (
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("tickets", "comments", "outbox")
        )
    connection.close()
    assert (tickets, mails) == (200, 0)
    assert comments > 300


def test_all_processes_together_stay_small(lodge_run: Running) -> None:
    wait_for(lambda: is_idle(lodge_run) and lodge_run.memory() < 220, "small")


@pytest.mark.parametrize(
    "words",
    [("jobs.web",), ("jobs.worker",), ("queue.sock",), ("jobs.streams",)],
    ids=["web", "worker", "queue", "streams"],
)
def test_a_killed_child_comes_back(lodge_run: Running, words: tuple[str, ...]) -> None:
    before = lodge_run.pids(*words)
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: bool(set(lodge_run.pids(*words)) - set(before)), "restarted")
    wait_for(lambda: lodge_run.get("/auth/login") == 200, "answering again")
    assert lodge_run.process.poll() is None


def test_a_second_lodge_in_the_same_folder_is_refused(lodge_run: Running) -> None:
    line = refusal(lodge_run.folder, PORT=str(free_port()))
    assert line == f"lodge: another Lodge is running in {lodge_run.folder}"


# The last one of them: it ends that Lodge.
def test_nothing_outlives_a_supervisor_that_is_killed(lodge_run: Running) -> None:
    wait_for(lambda: is_idle(lodge_run), "idle")
    lodge_run.process.kill()
    lodge_run.process.wait(PATIENCE)
    wait_for(lambda: not lodge_run.pids(), "gone")


def test_a_long_path_does_not_keep_it_from_starting_and_a_request_to_end_is_granted(
    first: FirstStart,
) -> None:
    data = first.copy("long" * 25)
    with running(data) as started:
        path = Path(urlsplit(dotenv_values(data / "demo.env")["REDIS_URL"] or "").path)
        assert path.is_socket()
        started.process.terminate()
        assert started.process.wait(PATIENCE) == 0
        wait_for(lambda: not started.pids(), "gone")
    shutil.rmtree(path.parent)


def test_mail_is_taken_where_that_is_asked_for_and_killed_it_comes_back(first: FirstStart) -> None:
    with short_folder("inbound") as folder:
        place = folder / "inbound.sock"
        with running(first.copy("mail"), INBOUND_URL=f"lmtp+unix://{place}") as started:
            wait_for(lambda: takes_mail(place), "taking mail")
            [pid] = started.pids("jobs.inbound")
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: started.pids("jobs.inbound") not in ([], [pid]), "restarted")
            wait_for(lambda: takes_mail(place), "taking mail again")
            with Bringer(place) as bringer:
                [said] = bringer.bring(mail().as_bytes(), "support@example.com")
            assert said.startswith("250")
            started.process.send_signal(signal.SIGTERM)
            assert started.wait_until_over() == 0
            wait_for(lambda: not started.pids(), "gone")
        assert not place.exists()


def test_who_is_told_to_end_while_the_database_is_prepared_ends(tmp_path: Path) -> None:
    started = Running(tmp_path / "var")
    try:
        wait_for(lambda: "Writing the demonstration" in started.output, "preparing")
        started.process.terminate()
        assert started.wait_until_over() == 0
        wait_for(lambda: not started.pids(), "gone")
    finally:
        end(started)


def test_make_run_ends_when_make_alone_is_interrupted(first: FirstStart) -> None:
    with running(first.copy("made"), command=("make", "--silent", "run")) as started:
        started.process.send_signal(signal.SIGINT)
        started.process.wait(PATIENCE)
        wait_for(lambda: not started.pids(), "gone")


def test_ctrl_c_in_a_terminal_ends_make_with_exit_code_zero(first: FirstStart) -> None:
    folder = first.copy("terminal")
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - another program from here on
        words = ["make", "--silent", "run", f"DATA_DIR={folder}", f"PORT={free_port()}"]
        os.chdir(ROOT)
        os.execvp(words[0], words)
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        shown = b""
        while b"ready" not in shown:
            assert select.select([screen], [], [], PATIENCE)[0], shown
            shown += screen.read(4096)
        screen.write(b"\x03")
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, shown


def test_a_start_that_the_supervisor_refuses_ends_with_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = refusal(tmp_path / "var", PORT=str(port))
    assert line.startswith(f"lodge: cannot listen on 127.0.0.1:{port}: Address already in use")


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "var"
    data.mkdir()
    connection = sqlite3.connect(data / "lodge.sqlite3")
    connection.executescript(
        "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('9')"
    )
    connection.close()
    line = refusal(data)
    assert line == "lodge: the database is from a newer version of Lodge (its schema is '9')"
