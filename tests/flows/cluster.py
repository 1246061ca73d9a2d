"""A PostgreSQL that is killed and started again."""

from pathlib import Path

from tests.flows.process import Process
from tests.servers import postgres_address, postgres_answers, postgres_command
from tests.waiting import wait_for


class Cluster:
    """A PostgreSQL that keeps its word about commits, unlike the one of all the other tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        command, user = postgres_command(folder, synchronous_commit="on", full_page_writes="on")
        self.address = postgres_address(folder)
        self._process = Process(command, folder / "log", user=user)

    def start(self) -> None:
        """Start it; while processes of the killed one are still there, it refuses to."""
        wait_for(self._started, "a database")

    def _started(self) -> bool:
        if not self._process.alive:
            self._process.start()
        return postgres_answers(self._folder)

    def kill(self) -> None:
        """Kill the one process that all its others live by."""
        self._process.kill()
