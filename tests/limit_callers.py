"""Callers with an address of their own who reach rate limits; the cases are in `limit_cases`."""

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
from portal.web.rate_limits.counts import Count
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.totp import CODES

LOGIN, FORGOT, REGISTER, CODE = "/auth/login", "/auth/forgot", "/auth/register", "/auth/login/code"
CONFIRM, INVITE, MOVE = "/account/confirm", "/account/organization/invitations", "/account/email"
TOTP, GUESS, ZOE = "/account/security/totp", "/auth/reset/guess", "zoe@example.com"
_BRIM = 10**6


class Caller:
    """A browser and an API client that share one IP address."""

    def __init__(self, app: Flask, address: str, person: Actor | None = None) -> None:
        self.visitor = Visitor(app)
        self.api_client = ApiClient(app, "" if person is None else token_of(app, person))
        self.address = address
        if person is not None:
            self.visitor.sign_in(person)

    def send(self, path: str, **fields: str) -> int:
        """Post the form at `path`. Returns the status."""
        data = {"csrf_token": self.visitor.csrf_token(), **fields}
        peer = {"REMOTE_ADDR": self.address}
        return self.visitor.http.post(path, data=data, environ_base=peer).status_code

    def call(self, method: str, path: str, **body: Any) -> int:
        """Call the API. Returns the status."""
        peer = {"REMOTE_ADDR": self.address}
        return self.api_client.ask(method, path, json=body or None, environ_base=peer).status

    def signs_in(self, email: str, password: str = PASSWORD) -> int:
        """Post the sign-in form. Returns the status."""
        return self.send(LOGIN, email=email, password=password)

    def fails(self, *emails: str) -> list[int]:
        """Post the sign-in form with a wrong password for each e-mail. Returns the statuses."""
        return [self.signs_in(email, "wrong") for email in emails]


@dataclass
class World:
    """The callers of one test, and the counts that the queue server keeps of them."""

    app: Flask
    cast: Cast
    mailbox: Mailbox
    queue: Redis
    codes: Iterator[str] = field(default_factory=lambda: iter(CODES))

    def at(self, address: str, person: Actor | None = None) -> Caller:
        """A caller at `address`, signed in as `person` if one is given."""
        return Caller(self.app, address, person)

    def known(self, person: Actor, address: str = "198.51.100.77") -> Caller:
        """A signed-out browser in which `person` has signed in before."""
        who = self.at(address)
        assert who.signs_in(person.email) == 303
        assert who.send("/auth/logout") == 303
        return who

    def scopes(self) -> set[str]:
        """The scopes of all counts so far."""
        return set(map(_scope, self._keys()))

    def fill(self, *counts: Count) -> None:
        """Set the counts so far, or those of `counts`, far above their limits."""
        wanted = {count.scope for count in counts} or self.scopes()
        for key in self._keys():
            if _scope(key) in wanted:
                self.queue.set(key, _BRIM, keepttl=True)

    def forget(self, *counts: Count) -> None:
        """Delete the counts so far of `counts`, as their expiry would."""
        for key in self._keys():
            if _scope(key) in {count.scope for count in counts}:
                self.queue.delete(key)

    def _keys(self) -> list[bytes]:
        # Without the calls of a day, which plans limit.
        return list(self.queue.scan_iter("LIMITS:{LIMITER/*", count=10_000))

    def refresh_token(self, person: Actor) -> str:
        """A refresh token of that person."""
        with factories.writing(self.app):
            return refresh_tokens.start(db.session.get_one(User, person.id))[1]

    def waits(self, recipient: str) -> list[float]:
        """In how many minutes each pending mail to `recipient` is due, oldest first."""
        which = Outbox.recipient == recipient, Outbox.state == OutboxState.PENDING
        with self.app.app_context():
            rows = list(db.session.scalars(select(Outbox).where(*which).order_by(Outbox.id)))
        return [max(0.0, (row.due_at - clock.now()).total_seconds() / 60) for row in rows]


def _scope(key: bytes) -> str:
    """The scope in a storage key. The API has one for each endpoint."""
    return key.decode().split("/")[2].rpartition(":")[2]
