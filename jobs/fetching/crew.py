"""The fetchers of this process: one for each mailbox, as the rows say."""

import logging
import secrets
import time
from contextlib import suppress

from flask import Flask

from jobs.fetching import steps
from jobs.fetching.fetcher import Fetcher, Pauses

log = logging.getLogger(__name__)

# Each is a thread that mostly waits.
MOST = 100


class Crew:
    def __init__(self, app: Flask, pauses: Pauses | None = None) -> None:
        self._app = app
        self._pauses = pauses or Pauses()
        self._name = secrets.token_hex(16)
        self._fetchers: dict[int, Fetcher] = {}

    def look(self) -> None:
        """Start and end fetchers as the rows say now."""
        with self._app.app_context():
            found = steps.survey(self._name, MOST + 1)
        if len(found) > MOST:
            log.error("only %d mailboxes are fetched: the newest ones are not", MOST)
        wanted = {one.access.mailbox_id: one for one in found[:MOST]}
        for mailbox_id, fetcher in list(self._fetchers.items()):
            if not fetcher.is_alive():
                del self._fetchers[mailbox_id]
            elif (one := wanted.get(mailbox_id)) is None or one.access != fetcher.access:
                fetcher.stop()
            elif fetcher.is_failing and not one.failing:
                fetcher.try_now()
        for mailbox_id in wanted.keys() - self._fetchers.keys():
            fetcher = Fetcher(self._app, wanted[mailbox_id].access, self._name, self._pauses)
            self._fetchers[mailbox_id] = fetcher
            fetcher.start()

    def is_fetching(self, mailbox_id: int) -> bool:
        """Whether a fetcher of that mailbox is alive."""
        fetcher = self._fetchers.get(mailbox_id)
        return fetcher is not None and fetcher.is_alive()

    def end(self, seconds: float) -> None:
        """Stop all; those that have not ended after `seconds` end with the process."""
        for fetcher in self._fetchers.values():
            fetcher.stop()
        deadline = time.monotonic() + seconds
        for fetcher in self._fetchers.values():
            fetcher.join(max(0.0, deadline - time.monotonic()))
        with suppress(Exception), self._app.app_context():
            steps.release(self._name)
