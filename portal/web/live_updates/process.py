"""The process of streams (`jobs.streams`): whether it is there, and how a page is led to it.

It holds thousands of streams where a web process holds a thread for each. While it is away, or was
never set up, pages have the streams of `hub`.
"""

import time

from flask import Flask, Response, current_app, request

from portal import clock
from portal.live_events import subscriptions
from portal.live_events.subscriptions import Subscription
from portal.live_events.topics import Topics
from portal.models.people import Actor
from portal.queueing import Enqueuer
from portal.security.people import sessions

# What is known of it counts for so long, however many pages ask.
_KNOWN_SECONDS = 1.0
_LONGEST_PAGE = 32


def attach(app: Flask) -> None:
    if app.config["STREAMS_LISTEN"]:
        app.extensions["lodge.streams"] = StreamsProcess(app)


def lead_there(topics: Topics, reader: Actor) -> Response | None:
    """A redirect with what the page may hear of; None when there is no such process."""
    process: StreamsProcess | None = current_app.extensions.get("lodge.streams")
    if process is None or not process.is_there():
        return None
    epoch = sessions.epoch_of(reader.session_token)
    if epoch is None:  # signed out since this request has begun
        return None
    elsewhere: str = current_app.config["STREAMS_URL"]
    subscription = Subscription(
        reader=reader.id,
        session=subscriptions.session_key(sessions.hash_token(reader.session_token)),
        epoch=epoch,
        until=clock.now().timestamp() + subscriptions.LIFETIME_SECONDS,
        page=request.args.get("page", "")[:_LONGEST_PAGE],
        since=request.args.get("since", type=float),
        # As a browser says it: `host_url` would have other letters in it.
        origin=f"{request.scheme}://{request.host}" if elsewhere else "",
        topics=topics,
    )
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    signed = subscriptions.sign(subscription, keys)
    address = f"{elsewhere}{subscriptions.PATH}{signed}"
    return Response(status=307, headers={"Location": address, "Cache-Control": "no-store"})


class StreamsProcess:
    """What this process knows of it, by the signs of life that it leaves at the queue server."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._is_there, self._asked_at = False, float("-inf")

    def is_there(self) -> bool:
        now = time.monotonic()
        if now - self._asked_at > _KNOWN_SECONDS:
            self._asked_at = now
            enqueuer: Enqueuer = self._app.extensions["lodge.enqueuer"]
            self._is_there = enqueuer.open_streams() is not None
        return self._is_there
