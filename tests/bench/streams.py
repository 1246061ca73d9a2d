"""`python -m tests.bench.streams`: what thousands of open pages cost the process of streams.

Fails when they take more memory or CPU than they may, or when one hears too late.
"""

import argparse
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import config
from portal.live_events import LIVE_CHANNEL
from portal.queueing import connect
from tests.bare_app import ENVIRONMENT
from tests.bench import serve
from tests.servers import free_port, queue_server, running, short_folder, wait
from tests.stream_readers import Address, Crowd, Reader, signed

MOST_MEGABYTES, MOST_CPU, MOST_SECONDS = 150.0, 0.05, 1.0
_ROUNDS = 5


def main() -> int:
    """Answers 1 when a bar is not passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.streams", description=__doc__)
    parser.add_argument("--streams", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=60, help="for which they are idle")
    wanted = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with queue_server() as queue, process(queue) as (address, pid):
        return 0 if _measure(wanted.streams, wanted.seconds, queue, address, pid) else 1


@contextmanager
def process(queue: str) -> Iterator[tuple[Address, int]]:
    """The program, as it is started in production: where it listens, and its pid."""
    port = free_port()
    with short_folder("streams") as folder:
        own = {"DATA_DIR": str(folder), "REDIS_URL": queue, "STREAMS_LISTEN": f"127.0.0.1:{port}"}
        env = {**os.environ, **ENVIRONMENT, **own, "PYTHONPATH": str(config.ROOT)}
        command: list[str | Path] = [sys.executable, "-m", "jobs.streams"]
        with running(command, folder, stop=signal.SIGTERM, env=env) as started:
            address = ("127.0.0.1", port)
            wait(lambda: _answers(address), started, "the process of streams")
            yield address, started.pid


def _answers(address: Address) -> bool:
    try:
        reader = Reader(address)
    except OSError:
        return False
    reader.say(f"GET /streams/{signed('x')} HTTP/1.0\r\n\r\n".encode())
    answered = reader.status == 200
    reader.close()
    return answered


def _measure(number: int, seconds: int, queue: str, address: Address, pid: int) -> bool:
    crowd = Crowd(address)
    until = time.time() + 3_600
    texts = [
        signed("all", f"ticket-{n}", f"person-{n}", reader=n, session=f"s{n}", until=until)
        for n in range(number)
    ]
    began, before = time.monotonic(), serve.family_cpu(pid)
    crowd.open(texts)
    opened = time.monotonic() - began
    opening = (serve.family_cpu(pid) - before) / number * 1000
    before = serve.family_cpu(pid)
    time.sleep(seconds)
    idle = (serve.family_cpu(pid) - before) / seconds
    slowest, cost = 0.0, 0.0
    with connect(queue) as client:
        for _ in range(_ROUNDS):
            crowd.until(lambda reader: True)
            crowd.forget()
            before = serve.family_cpu(pid)
            client.publish(LIVE_CHANNEL, "- all")
            slowest = max(slowest, crowd.until(lambda reader: b"data: " in reader.heard))
            cost = max(cost, serve.family_cpu(pid) - before)
    megabytes = serve.memory(pid, "Rss")
    crowd.close()
    print(f"{number:,} streams opened in {opened:.1f} s, {opening:.2f} ms CPU each")
    return _verdicts(number, megabytes, idle, slowest, cost)


def _verdicts(number: int, megabytes: float, idle: float, slowest: float, cost: float) -> bool:
    found = [
        (megabytes <= MOST_MEGABYTES, f"{number:,} streams take {megabytes:.0f} MB RSS"),
        (idle < MOST_CPU, f"idle, they take {100 * idle:.1f} % of a core"),
        (slowest < MOST_SECONDS, f"the last one hears after {slowest:.2f} s, {cost:.2f} s CPU"),
    ]
    for passed, sentence in found:
        print("pass" if passed else "FAIL", sentence)
    return all(passed for passed, _ in found)


if __name__ == "__main__":
    sys.exit(main())
