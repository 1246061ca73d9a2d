"""People who come up against limits. What each limit is about: see `tests.deeds`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from redis import Redis
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.people import Actor, User
from portal.security.people import refresh_tokens
from portal.web.counts import Count
from tests import factories
from tests.api.program import Program, token_of
from tests.apps import CODES
from tests.cast import PASSWORD, Cast
from tests.page import Visitor
from tests.post import Post

LOGIN, FORGOT, REGISTER, CODE = "/auth/login", "/auth/forgot", "/auth/register", "/auth/login/code"
CONFIRM, INVITE, MOVE = "/account/confirm", "/account/organization/invitations", "/account/email"
TOTP, GUESS, ZOE = "/account/security/totp", "/auth/reset/guess", "zoe@example.com"
_BRIM = 10**6


class Somebody:
    """A browser and a program at an address of their own."""

    def __init__(self, app: Flask, address: str, person: Actor | None = None) -> None:
        self.visitor = Visitor(app)
        self.program = Program(app, "" if person is None else token_of(app, person))
        self.address = address
        if person is not None:
            self.visitor.sign_in(person)

    def send(self, path: str, **fields: str) -> int:
        """What a form is answered."""
        data = {"csrf_token": self.visitor.csrf_token(), **fields}
        peer = {"REMOTE_ADDR": self.address}
        return self.visitor.http.post(path, data=data, environ_base=peer).status_code

    def call(self, method: str, path: str, **body: Any) -> int:
        """What the API answers."""
        peer = {"REMOTE_ADDR": self.address}
        return self.program.ask(method, path, json=body or None, environ_base=peer).status

    def signs_in(self, email: str, password: str = PASSWORD) -> int:
        """What the form to sign in is answered."""
        return self.send(LOGIN, email=email, password=password)

    def fails(self, *emails: str) -> list[int]:
        """What it is answered with a wrong password for each of these."""
        return [self.signs_in(email, "wrong") for email in emails]


@dataclass
class World:
    """What is done by many, and what the queue server knows of it."""

    app: Flask
    cast: Cast
    post: Post
    queue: Redis
    codes: Iterator[str] = field(default_factory=lambda: iter(CODES))

    def at(self, address: str, person: Actor | None = None) -> Somebody:
        """Somebody who comes from there, signed in if they are to be a person."""
        return Somebody(self.app, address, person)

    def known(self, person: Actor, address: str = "198.51.100.77") -> Somebody:
        """A browser in which that person has signed in before."""
        who = self.at(address)
        assert who.signs_in(person.email) == 303
        assert who.send("/auth/logout") == 303
        return who

    def scopes(self) -> set[str]:
        """What has been counted so far."""
        return set(map(_scope, self._keys()))

    def fill(self, *counts: Count) -> None:
        """Fill to the brim what has been counted so far: all of it, or of these."""
        wanted = {count.scope for count in counts} or self.scopes()
        for key in self._keys():
            if _scope(key) in wanted:
                self.queue.set(key, _BRIM, keepttl=True)

    def forget(self, *counts: Count) -> None:
        """As if time had passed for these."""
        for key in self._keys():
            if _scope(key) in {count.scope for count in counts}:
                self.queue.delete(key)

    def _keys(self) -> list[bytes]:
        return list(self.queue.scan_iter("LIMITS:*", count=10_000))

    def refresh_token(self, person: Actor) -> str:
        """What a program of that person trades for the next tokens."""
        with factories.writing(self.app):
            return refresh_tokens.start(db.session.get_one(User, person.id))[1]

    def waits(self, recipient: str) -> list[float]:
        """In how many minutes each mail that waits for that address is due, oldest first."""
        which = Outbox.recipient == recipient, Outbox.state == OutboxState.PENDING
        with self.app.app_context():
            rows = list(db.session.scalars(select(Outbox).where(*which).order_by(Outbox.id)))
        return [max(0.0, (row.due_at - clock.now()).total_seconds() / 60) for row in rows]


def _scope(key: bytes) -> str:
    """Of a key: what is counted. The API counts for each endpoint."""
    return key.decode().split("/")[2].rpartition(":")[2]
