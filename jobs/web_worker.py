"""The web server's worker, which at a reload goes on serving until its successors can.

Gunicorn tells the old workers to end as soon as it has started new ones, and those load for a
second or more: meanwhile requests would wait. What the processes tell each other stands in the
folder of `figures`.
"""

import os
import time
from pathlib import Path
from types import FrameType

from gunicorn.errors import AppImportError

from jobs.metrics_slots import FOLDER
from jobs.web_loop import PatientWorker

# A reload that has not brought new workers by then is not waited for.
_PATIENCE_SECONDS = 60
_LOOK_EVERY = 0.2


class Worker(PatientWorker):
    """One process of the web server. `age` counts workers in the order of their start."""

    _told_to_end = False
    _look_at = 0.0

    def load_wsgi(self) -> None:
        """Load the application; when `wsgi.py` says why it cannot be, the master ends, too."""
        try:
            super().load_wsgi()
        except SystemExit as refusal:
            raise AppImportError(refusal.code) from None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Finish what is at hand and end, as soon as somebody else can serve."""
        self._told_to_end = True
        self.method_queue.defer(lambda: None)  # wakes the loop, which notifies

    def notify(self) -> None:
        """Say that we live, at each turn of the loop; when told to end, look whether we may."""
        super().notify()
        if not self._told_to_end or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_EVERY
        if not _is_last(self.age, self.cfg.workers):
            # Nobody waits for open pages: they are told of changes by whoever serves next.
            self.wsgi.extensions["lodge.live"].end()
            self.alive = False


def begin_reload(youngest: int) -> None:
    """For the master: workers up to that age are to be replaced."""
    _folder().joinpath("reload").write_text(str(youngest))


def report_ready(age: int) -> None:
    """For a worker: from now on it answers."""
    _folder().joinpath(f"ready-{age}").touch()


def _is_last(age: int, wanted: int) -> bool:
    """Whether a worker of that age is being replaced by others that do not answer yet."""
    reload = _folder() / "reload"
    try:
        replaced = int(reload.read_text() or 0)
        if time.time() - reload.stat().st_mtime > _PATIENCE_SECONDS:
            return False
    except FileNotFoundError:
        return False
    ready = [int(path.name.removeprefix("ready-")) for path in _folder().glob("ready-*")]
    return age <= replaced and sum(other > replaced for other in ready) < wanted


def _folder() -> Path:
    return Path(os.environ[FOLDER])
