"""One call of the language model, from the tokens that are held for it to what it has cost.

A thread waits for the model's server, so few may do it at once, and no connection to the database
is held meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Iterator

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.errors import ModelBusy, ReadOnlyDesk
from portal.extensions import begin_write, db, setting
from portal.models.assistance import CallState
from portal.models.people import Actor
from portal.redaction import placeholders
from portal.services.assistance import model_calls
from portal.services.assistance.chat import ChatError
from portal.services.assistance.drafting import Order
from portal.services.tickets.comments import MAX_MESSAGE
from portal.web.assistance.texts import OFFERED

log = logging.getLogger(__name__)
# Of the threads of a process at most this part waits for a model.
_SHARE = 8


def attach(app: Flask) -> None:
    """`lodge.model_slots`: how many calls this process may make at once."""
    slots = max(1, app.config["WEB_THREADS"] // _SHARE)
    app.extensions["lodge.model_slots"] = threading.BoundedSemaphore(slots)
    app.jinja_env.globals["model_tasks"] = OFFERED


class ModelRun:
    """Begun by `start`; `pieces` may be read once. `close` has to be called, and may be repeated.

    `text` is what has come, with values put back; `problem` why it is not whole.
    """

    def __init__(self, app: Flask, order: Order) -> None:
        self.order = order
        self.text = ""
        self.problem = ""
        self._app = app
        self._chat = order.chat()
        self._seconds = setting("AI_LONGEST_CALL").total_seconds()
        self._call_id: int | None = None
        self._state = CallState.LEFT
        self._lock = threading.Lock()

    def begin(self, actor: Actor) -> None:
        """Hold its tokens, in the caller's write unit."""
        call = model_calls.begin(
            actor=actor,
            task=self.order.task,
            ticket_id=self.order.ticket_id,
            tokens=self.order.tokens,
            redacted=len(self.order.redacted),
        )
        self._call_id = call.id

    def pieces(self) -> Iterator[str]:
        """The text as it comes. It never raises what the model's server does."""
        back = self.order.put_back()
        try:
            for piece in self._chat.pieces(self._seconds):
                yield self._taken(back.feed(piece))
                if len(self.text) >= MAX_MESSAGE:
                    break
            self._state = CallState.ANSWERED
        except ChatError as error:
            self._fail(error.reason)
        yield self._taken(back.end())
        if not (self.problem or self.text.strip()):  # it has thought, and said nothing
            self._fail("empty")

    def read(self) -> None:
        """Wait for all of it."""
        for _piece in self.pieces():
            continue

    @property
    def tokens(self) -> int:
        return self._chat.usage.tokens

    @property
    def unknown(self) -> list[str]:
        """Placeholders that the model has made up, or has kept from texts of others."""
        known = {one.value for one in self.order.redacted}
        return [word for word in placeholders(self.text) if word not in known]

    def close(self) -> None:
        """Settle the call, and let others have its place."""
        with self._lock:
            call_id, self._call_id = self._call_id, -1
        if call_id == -1:
            return
        try:
            if call_id is not None:
                self._settle(call_id)
        finally:
            self._app.extensions["lodge.model_slots"].release()

    def _fail(self, reason: str) -> None:
        self.problem, self._state = reason, CallState.FAILED

    def _taken(self, piece: str) -> str:
        piece = piece[: MAX_MESSAGE - len(self.text)]
        self.text += piece
        return piece

    def _settle(self, call_id: int) -> None:
        try:
            with self._app.app_context():
                begin_write(finishing=True)
                model_calls.settle(
                    call_id, state=self._state, reason=self.problem, usage=self._chat.usage
                )
                db.session.commit()
        except (SQLAlchemyError, ReadOnlyDesk) as error:
            # What is held for it stays counted, so the budget holds.
            log.warning("what a call of the model has cost is not written down: %s", error)


def start(order: Order, begin: Callable[[ModelRun], None]) -> ModelRun:
    """`begin` calls `ModelRun.begin` in a write unit of its edge, and commits.

    Raises ModelBusy, and what `begin` raises.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.extensions["lodge.model_slots"].acquire(blocking=False):
        raise ModelBusy
    run = ModelRun(app, order)
    try:
        begin(run)
    except BaseException:
        run.close()
        raise
    return run
