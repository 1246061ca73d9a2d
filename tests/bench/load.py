"""Load on a server of this machine: wrk for a bounded time, and the CPU that it cost."""

import http.client
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench import pages
from tests.bench.serve import Server

_SCRIPT = Path(__file__).with_name("load.lua")
_WARM_UP_CONNECTIONS, _WARM_UP_SECONDS = 8, 1


@dataclass(frozen=True)
class Load:
    """Milliseconds, but for `rate`, which is requests a second. `database` is 0 for SQLite."""

    rate: float
    p50: float
    p95: float
    cpu: float
    database: float


@dataclass(frozen=True)
class Answers:
    """Milliseconds, but for `rate`, which is requests a second; `errors` of `requests` failed."""

    rate: float
    p50: float
    p95: float
    requests: float
    errors: float


@dataclass
class Browser:
    """Keeps cookies, so that somebody can sign in; then wrk goes on with them."""

    server: Server
    cookies: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: str, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        """One request, without compression."""
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        connection.request(method, path, body or None, {**headers, "Cookie": self.cookie})
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return answer.status, text

    @property
    def cookie(self) -> str:
        """The header that wrk sends."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


@dataclass(frozen=True)
class Probe:
    """An answer as it is asked for: by somebody it is for, and it was the right one."""

    server: Server
    path: str
    environment: dict[str, str]
    size: int
    database_cpu: Callable[[], float] = lambda: 0.0

    def run(self, connections: int, seconds: int) -> Load:
        """Load for `seconds`, and what it cost."""
        url = self.server.url + self.path
        before = self.server.cpu(), self.database_cpu()
        found = _wrk(url, connections, seconds, self.environment)
        after = self.server.cpu(), self.database_cpu()
        requests = found["requests"]
        if not requests or found["errors"]:
            raise pages.WrongAnswer(f"{url}: {found['errors']:.0f} of {requests:.0f} failed")
        worker, database = (1000 * (b - a) / requests for a, b in zip(before, after, strict=True))
        return Load(requests / found["seconds"], found["p50"], found["p95"], worker, database)


def probe(
    server: Server,
    ask: pages.Ask,
    keys: pages.Keys,
    *,
    packed: bool = False,
    database_cpu: Callable[[], float] = lambda: 0.0,
) -> Probe:
    """Sign in, look at the answer once, warm it up."""
    browser = Browser(server)
    headers, body = pages.prepare(ask, browser.send, keys)
    answer = browser.send(ask.method, ask.path, body, headers)
    pages.check(ask, *answer)
    encoding = "gzip" if packed else "identity"
    sent = {**headers, "Cookie": browser.cookie, "Accept-Encoding": encoding}
    environment = {
        "BENCH_METHOD": ask.method,
        "BENCH_HEADERS": "".join(f"{name}: {value}\n" for name, value in sent.items()),
        **({"BENCH_BODY": body} if body else {}),
    }
    size = len(answer[1].encode())
    made = Probe(server, ask.path, environment, size, database_cpu)
    made.run(_WARM_UP_CONNECTIONS, _WARM_UP_SECONDS)
    return made


def answers(asked: Probe, connections: int, seconds: int) -> Answers:
    """Load for `seconds`, whatever comes of it."""
    found = _wrk(asked.server.url + asked.path, connections, seconds, asked.environment)
    rate = found["requests"] / found["seconds"]
    return Answers(rate, found["p50"], found["p95"], found["requests"], found["errors"])


def _wrk(url: str, connections: int, seconds: int, environment: dict[str, str]) -> dict[str, float]:
    # As long as anybody of ours waits, and then some.
    patience = ["--timeout", "15s"]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *patience, "-s", _SCRIPT, url]
    ran = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    line = next(line for line in ran.stdout.splitlines() if line.startswith("BENCH "))
    found: dict[str, float] = json.loads(line.removeprefix("BENCH "))
    return found
