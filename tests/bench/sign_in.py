"""What signing in costs, measured against the one thing in it that has to be slow.

CPU of this process alone, at the cost that production has: a password check by itself and a whole
sign-in (limits, check, session, log) take turns, so that what else the machine does hits both.
"""

import time
from collections.abc import Callable
from statistics import median

from flask import Flask

from portal.security.people import passwords
from tests import factories
from tests.bench import data, store
from tests.page import Visitor

PAGE = "sign-in"
TIMES = 25
BAR = 1.2
_EMAIL = "sign-in@example.com"


def measure(kind: str, environment: dict[str, str]) -> tuple[bool, str]:
    """(passed, sentence). The limits are on, as in real life."""
    app = store.application({**environment, "RATELIMIT_ENABLED": "1"})
    rounds = app.config["BCRYPT_ROUNDS"]
    stored = passwords.hash_password(data.PASSWORD, rounds=rounds)
    checks, sign_ins = [], []
    with factories.writing(app):
        factories.user(_EMAIL, password_hash=stored)
    for _ in range(TIMES):
        checks.append(_cpu(lambda: passwords.verify(data.PASSWORD, stored, rounds=rounds)))
        sign_ins.append(_sign_in(app))
    # The first ones fill caches.
    check, whole = median(checks[2:]), median(sign_ins[2:])
    ratio = whole / check
    said = f"sign-in, {kind}: {whole:.1f} ms CPU, {ratio:.3f} × one check at cost {rounds}"
    return ratio <= BAR, f"{said} ({check:.1f} ms; at most {BAR} ×)"


def _sign_in(app: Flask) -> float:
    browser = Visitor(app)
    fields = {"csrf_token": browser.csrf_token(), "email": _EMAIL, "password": data.PASSWORD}
    found = []
    cost = _cpu(lambda: found.append(browser.http.post("/auth/login", data=fields)))
    assert found[0].status_code == 303, found[0].status_code
    return cost


def _cpu(action: Callable[[], object]) -> float:
    before = time.process_time()
    action()
    return 1000 * (time.process_time() - before)
