"""A whole Lodge of real processes on one database: web server, worker, queue server, mail server.

Each can be taken away and given back. Nothing is mocked and nothing listens beyond loopback.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aiosmtpd.controller import Controller
from redis import Redis
from rq.registry import StartedJobRegistry

from jobs import inbound, web, worker
from portal import config
from portal.queueing import QUEUES, connect
from tests.flows.process import ForkedProcess, Process
from tests.mail_bringer import takes_mail
from tests.servers import free_port, queue_answers, queue_command, short_folder
from tests.smtp_sink import CONTROLLER, Sink
from tests.waiting import PATIENCE, wait_for

# In seconds. The sending of one mail may take half of it.
LEASE = 20


class MailServer:
    """An SMTP sink behind a port that can be closed."""

    def __init__(self) -> None:
        self.sink = Sink(port=free_port())
        self._controller: Controller | None = None

    def open(self) -> None:
        """Accept connections."""
        self._controller = Controller(self.sink, "127.0.0.1", self.sink.port, **CONTROLLER)
        self._controller.start()

    def close(self) -> None:
        """Refuse connections."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


class Desk:
    """The processes of one desk. `settings` is their environment, and the test application's."""

    def __init__(
        self,
        settings: dict[str, str],
        folder: Path,
        *,
        web_workers: int | None = None,
        mail_port: int | None = None,
        inbound_protocol: str = "lmtp",
        beside: "Desk | None" = None,
    ) -> None:
        """With a `mail_port` mail leaves for whoever listens there, and not for `mail`.

        With `beside` it is another node of that desk, with the same queue server and mail server.
        """
        self.port = free_port()
        self._is_first = beside is None
        self.mail = beside.mail if beside else MailServer()
        self._queue_folder = folder / "queue"
        self._queue_folder.mkdir()
        queue, self.queue_url = queue_command(self._queue_folder)
        self.queue = Process(queue, folder / "queue.log")
        if beside:
            self.queue, self.queue_url = beside.queue, beside.queue_url
        usual = 1 if settings["DATABASE_URL"].startswith("sqlite") else 2
        self._web_workers = web_workers or usual
        environment = {
            **os.environ,
            **settings,
            "REDIS_URL": self.queue_url,
            "MAIL_URL": f"smtp://127.0.0.1:{mail_port or self.mail.sink.port}?tls=0",
            "OUTBOX_LEASE_SECONDS": str(LEASE),
            "LISTEN": f"127.0.0.1:{self.port}",
            "WEB_WORKERS": str(self._web_workers),
        }
        self.web = ForkedProcess(_serve, folder / "web.log", environment)
        self.worker = ForkedProcess(worker.main, folder / "worker.log", environment)
        # Where a mail server brings mail, once `start_inbound` was called.
        self.inbound_place = ("127.0.0.1", free_port())
        url = f"{inbound_protocol}://127.0.0.1:{self.inbound_place[1]}"
        listens = {**environment, "INBOUND_URL": url}
        self.inbound = ForkedProcess(inbound.main, folder / "inbound.log", listens)

    def open(self) -> None:
        """Start everything, and wait until the web server answers."""
        if self._is_first:
            self.mail.open()
            self.queue.start()
        self.worker.start()
        self.start_web()
        self.wait_for_queue()

    def close(self) -> None:
        """Kill everything."""
        for process in (self.web, self.inbound, self.worker):
            process.kill()
        if self._is_first:
            self.queue.kill()
            self.mail.close()

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self.web.start()
        wait_for(self.answers, "answering")
        # They come one after the other.
        wait_for(lambda: len(self.web.children()) == self._web_workers, "complete")

    def start_inbound(self) -> None:
        """Start what takes mail, and wait until it does."""
        self.inbound.start()
        wait_for(self.takes_mail, "taking mail")

    def takes_mail(self) -> bool:
        """Whether a mail server could connect."""
        return takes_mail(self.inbound_place)

    def answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def checks(self) -> dict[str, str]:
        """The checks of `/health/ready`."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/health/ready")
            found: dict[str, str] = json.loads(connection.getresponse().read())["checks"]
            return found
        finally:
            connection.close()

    def start_queue(self) -> None:
        """Start an empty queue server and wait for it."""
        self.queue.start()
        self.wait_for_queue()

    def wait_for_queue(self) -> None:
        wait_for(lambda: queue_answers(self.queue_url), "a queue server")

    def lose_queue(self) -> None:
        """Kill the queue server and delete its data."""
        self.queue.kill()
        for path in self._queue_folder.iterdir():
            path.unlink()

    def kill_worker(self) -> None:
        """Kill the worker and start another, which gives its job up as if the time had passed."""
        self.worker.kill()
        client: Redis = connect(self.queue_url, timeout=PATIENCE)
        with client:
            for name in QUEUES:
                StartedJobRegistry(name, connection=client).cleanup(float("inf"))
        self.worker.start()

    def forget(self) -> None:
        """Let mails that came, and what was counted of people's requests, be those of nobody."""
        self.mail.sink.taken.clear()
        self.mail.sink.envelopes.clear()
        client: Redis = connect(self.queue_url, timeout=PATIENCE)
        with client:
            for key in client.scan_iter("LIMITS:*"):
                client.delete(key)

    def sweep_early(self) -> None:
        """Let the scheduler enqueue the next sweep now, as if its seconds had passed."""
        client: Redis = connect(self.queue_url, timeout=PATIENCE)
        with client:
            client.delete("lodge:tick:jobs.sweep.sweep")


def _serve() -> None:
    """Run the web server; it hashes passwords as quickly as the application of other tests."""
    with patch.dict(config._FIXED, BCRYPT_ROUNDS=4):
        web.main()


@contextmanager
def desk(settings: dict[str, str], **options: Any) -> Iterator[Desk]:
    """A desk that is not started, with the options of `Desk`; all of it is killed at the end."""
    with short_folder("desk") as folder:
        made = Desk(settings, folder, **options)
        try:
            yield made
        finally:
            made.close()
            # Shown by pytest beside a failure, and by nothing else.
            for process in (made.web, made.worker, made.inbound):
                sys.stderr.write(f"{process.said[-3000:]}\n")
