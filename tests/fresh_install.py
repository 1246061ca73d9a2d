"""Lodge in a fresh folder, with an interpreter that is not the tests' own.

`python -m tests.fresh_install [PYTHON]` copies the checkout, says `make run` there with that
Python, files a ticket through the pages, finds it again, and ends Lodge. Without a name it takes
Debian's own Python, and does nothing when there is none or when the tests run on it anyway.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from portal.config import DEMO_ACCOUNTS
from tests.architecture.source import ROOT
from tests.running import Running, end
from tests.waiting import PATIENCE, wait_for

DEBIANS = "/usr/bin/python3"
INSTALL_SECONDS = 600
_NOT_COPIED = shutil.ignore_patterns(".*", "var", "build", "node_modules", "__pycache__")
_WHICH = "import sys; print(sys.version_info >= (3, 11), sys.base_prefix, sys.version)"


def main(words: list[str]) -> int:
    """Returns the exit code. Raises when something goes wrong."""
    python = words[0] if words else DEBIANS
    if not words and (reason := _why_not(python)):
        print(f"Fresh installation: {reason}")
        return 0
    started = time.monotonic()
    with TemporaryDirectory(prefix="lodge-fresh-") as folder:
        checkout = Path(folder) / "lodge"
        shutil.copytree(ROOT, checkout, ignore=_NOT_COPIED)
        _try_out(checkout, python)
    version = subprocess.check_output([python, "-V"], text=True).strip()
    print(f"Fresh installation: {version} ({time.monotonic() - started:.0f} s)")
    return 0


def _why_not(python: str) -> str | None:
    if not os.access(python, os.X_OK):
        return f"there is no {python}"
    found = subprocess.check_output([python, "-c", _WHICH], text=True)
    if not found.startswith("True"):
        return f"{python} is too old"
    own = subprocess.check_output([sys.executable, "-c", _WHICH], text=True)
    return f"the tests run on {python} anyway" if found == own else None


def _try_out(checkout: Path, python: str) -> None:
    make = ("make", "--silent", f"PYTHON={python}")
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
    subprocess.run(
        [*make, ".venv/run.stamp"],
        cwd=checkout,
        env=environment,
        timeout=INSTALL_SECONDS,
        check=True,
    )
    lodge = Running(checkout / "var", (*make, "run"), cwd=checkout)
    try:
        lodge.wait_until_ready()
        _file_a_ticket(f"http://127.0.0.1:{lodge.port}")
        os.kill(lodge.pids("jobs.supervisor")[0], signal.SIGTERM)
        assert lodge.process.wait(PATIENCE) == 0, lodge.output
        wait_for(lambda: not lodge.pids(), "gone")
    finally:
        end(lodge)


def _file_a_ticket(url: str) -> None:
    """As the demonstration's customer, without JavaScript."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    email, password = DEMO_ACCOUNTS["customer"]
    _send(browser, f"{url}/auth/login", {"email": email, "password": password})
    words = {"subject": "Nothing prints", "message": "It worked yesterday.", "priority": "medium"}
    filed = _send(browser, f"{url}/tickets/new", words)
    assert "It worked yesterday." in filed
    assert "Nothing prints" in _page(browser, f"{url}/tickets")


def _send(browser: OpenerDirector, url: str, fields: Mapping[str, str]) -> str:
    """Fill in the form at `url`; the page that it leads to."""
    token = re.search('name="csrf_token" value="([^"]+)"', _page(browser, url))
    assert token is not None, f"{url} has no form"
    return _page(browser, url, urlencode({"csrf_token": token[1], **fields}).encode())


def _page(browser: OpenerDirector, url: str, form: bytes | None = None) -> str:
    with browser.open(url, form, timeout=PATIENCE) as answer:
        page: str = answer.read().decode()
        return page


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
