"""A thread that fetches one mailbox again and again, whatever happens to its server."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from flask import Flask

from jobs.fetching import steps
from jobs.fetching.steps import LeaseLostError
from portal.errors import ReadOnlyDesk
from portal.inbound.imap import Access, MailboxUnreachable, opened
from portal.inbound.imap.folder import Folder, Position
from portal.models.inbound import FailureReason
from portal.services.delivery.leases import backoff

log = logging.getLogger(__name__)


class Pauses(NamedTuple):
    """Seconds. After `idle` an IDLE is begun again, and the folder looked at, whatever was told.

    Servers end an IDLE after 29 minutes, firewalls forget it sooner.
    """

    idle: float = 240.0
    # Between two looks at a server that has no IDLE.
    poll: float = 60.0
    # After a failure: at first, and at most.
    retry: float = 2.0
    longest: float = 300.0
    # While another process holds the mailbox.
    held: float = 20.0


class Fetcher(threading.Thread):
    """Fetches until it is stopped. `name` is the process, which holds its mailboxes."""

    def __init__(self, app: Flask, access: Access, holder: str, pauses: Pauses) -> None:
        super().__init__(name=f"mailbox {access.mailbox_id}", daemon=True)
        self.access = access
        self._app, self._holder, self._pauses = app, holder, pauses
        self._stop_asked, self._woken = threading.Event(), threading.Event()
        self._failures = 0
        self._hang_up: Callable[[], None] | None = None

    def run(self) -> None:
        with self._app.app_context():
            while not self._stop_asked.is_set():
                try:
                    self._rest(self._attempt())
                except ReadOnlyDesk:
                    log.info("mailbox %s waits: the desk is read-only", self.access.address)
                    self._rest(self._pauses.held)
                except Exception:
                    # The database is away. Nothing is lost: what is not kept stays on its server.
                    log.exception("mailbox %s was not fetched", self.access.address)
                    self._rest(self._pause_after_failure())
            self._release()

    def stop(self) -> None:
        """Ask it to end, which it does after the mail at hand."""
        self._stop_asked.set()
        self._woken.set()
        if (hang_up := self._hang_up) is not None:
            hang_up()

    def try_now(self) -> None:
        """End the pause after a failure: somebody has mended what was wrong."""
        self._woken.set()

    @property
    def is_failing(self) -> bool:
        return self._failures > 0

    def _attempt(self) -> float:
        """Fetch until something goes wrong; how many seconds to wait then."""
        if not steps.claim(self.access.mailbox_id, self._holder):
            return self._pauses.held
        try:
            self._fetch_on()
        except LeaseLostError:
            return self._pauses.held
        except ReadOnlyDesk:
            raise
        except MailboxUnreachable as error:
            return self._failed(error)
        except Exception as error:
            log.exception("mailbox %s was not fetched", self.access.address)
            # Of ours: its words may be those of a mail.
            return self._failed(MailboxUnreachable(FailureReason.OTHER, type(error).__name__))
        return 0.0

    def _failed(self, error: MailboxUnreachable) -> float:
        if self._stop_asked.is_set():
            return 0.0
        log.warning("mailbox %s cannot be fetched: %s", self.access.address, error)
        self._failures += 1
        try:
            steps.record_failure(self.access.mailbox_id, self._holder, error)
        except LeaseLostError:
            return self._pauses.held
        return self._pause_after_failure()

    def _pause_after_failure(self) -> float:
        first, longest = self._pauses.retry, self._pauses.longest
        pause = backoff(
            max(1, self._failures),
            first=timedelta(seconds=first),
            longest=timedelta(seconds=longest),
        )
        return pause.total_seconds()

    def _fetch_on(self) -> None:
        with opened(self.access) as folder:
            position = self._begin(folder)
            while not self._stop_asked.is_set():
                position = self._fetch_newer(folder, position)
                if not self._stop_asked.is_set() and not folder.has_news:
                    steps.record_success(self.access.mailbox_id, self._holder)
                    self._failures = 0
                    self._wait(folder)

    def _begin(self, folder: Folder) -> Position:
        known, since = steps.position(self.access.mailbox_id)
        position, old = folder.begin(known, since)
        for mail in folder.fetch(old):
            steps.keep(self.access.mailbox_id, mail)
            folder.mark_seen(mail.uid)
            if self._stop_asked.is_set():
                return known
        if position != known:
            steps.note_position(self.access.mailbox_id, self._holder, position)
        return position

    def _fetch_newer(self, folder: Folder, position: Position) -> Position:
        """Keep what is new, the oldest first; where that has come to."""
        for mail in folder.fetch(folder.newer(position.uid)):
            steps.keep(self.access.mailbox_id, mail)
            position = Position(folder.validity, mail.uid)
            steps.note_position(self.access.mailbox_id, self._holder, position)
            folder.mark_seen(mail.uid)
            if self._stop_asked.is_set():
                break
        return position

    def _wait(self, folder: Folder) -> None:
        if not folder.can_idle:
            self._rest(self._pauses.poll)
            return
        self._hang_up = folder.hang_up
        try:
            if not self._stop_asked.is_set():
                folder.idle(self._pauses.idle)
        finally:
            self._hang_up = None

    def _rest(self, seconds: float) -> None:
        """Wait unless it is to stop, or to try now."""
        if seconds > 0:
            self._woken.wait(seconds)
        if not self._stop_asked.is_set():
            self._woken.clear()

    def _release(self) -> None:
        try:
            steps.release(self._holder, self.access.mailbox_id)
        except Exception as error:
            log.warning("mailbox %s is held for a minute: %r", self.access.address, error)
