"""`make guide`: the guides followed line by line in a bare Debian, and the desk used there.

Needs root, debootstrap and systemd-container, Debian's packages within reach, and some minutes.
What it followed is the last commit: the guides and the code.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp

from tests.bare_root import machine, settings, substitutions, surroundings, units
from tests.bare_root.following import Follower, step
from tests.bare_root.people import People
from tests.bare_root.story import Story
from tests.bare_root.terminal import Terminal


def main() -> int:
    """Answers 1 when something cannot be tried here."""
    wanted = _arguments()
    missing = machine.missing()
    if os.geteuid() != 0 or missing:
        needs = ", ".join(missing) or "root"
        print(f"The guides cannot be followed: needs {needs}", file=sys.stderr)
        return 1
    began = time.monotonic()
    # Told to end, it ends as if interrupted: nothing is left behind.
    for told in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, signal.default_int_handler)
    folder = Path(mkdtemp(prefix="lodge-guide-"))
    try:
        _try_out(folder, wanted.cache)
    finally:
        shutil.rmtree(folder)
    print(f"{time.monotonic() - began:7.1f} s  all of it")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make guide", description=__doc__)
    parser.add_argument("--cache", type=Path, help="a .tar that keeps the bare root for next time")
    return parser.parse_args()


def _try_out(folder: Path, cache: Path | None) -> None:
    root = folder / "root"
    with step(f"a bare Debian 12 ({machine.RELEASE})"):
        machine.make_root(root, cache)
        settings.give(root, machine.RELEASE)
        surroundings.prepare(root)
    with machine.booted(root) as booted, surroundings.mail_server(root) as mail:
        command = booted.inside()
        keep = [booted.host_network]
        with closing(
            Terminal(command, substitutions.ANSWERS, settings.session(), keep)
        ) as terminal:
            try:
                Story(booted, Follower(booted, terminal), People(root, mail)).tell()
            except BaseException:
                print(units.said(booted, "lodge-*", "nginx", "caddy", "cron")[-8000:], flush=True)
                raise


if __name__ == "__main__":
    sys.exit(main())
