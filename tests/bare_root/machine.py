"""A bare Debian 12 with a systemd of its own, on loopback alone, in a folder that goes with it.

`systemd-nspawn` boots it: units, sockets and everything that they forbid work as on a machine.
"""

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bare_root import settings
from tests.waiting import wait_for

RELEASE, HOSTNAME = "bookworm", "desk"
# What each machine boots with, and a minimal root has not.
_BOOTS = "systemd-sysv,dbus"
_NEEDED = ("debootstrap", "systemd-nspawn", "nsenter", "setpriv", "openssl", "git")
_ALONE = ("unshare", "--pid", "--mount-proc", "--fork", "--kill-child")
_SWITCHED_OFF_SECONDS = 40.0
_LIBC = ctypes.CDLL(None, use_errno=True)


class Machine:
    """A booted one. `host_network`: a file descriptor of the network that can reach Debian."""

    def __init__(self, root: Path, leader: int, host_network: int) -> None:
        self.root, self.leader, self.host_network = root, leader, host_network

    def inside(self, *command: str) -> list[str]:
        """The command that runs `command` in the machine, as root, from `/`."""
        spaces = ("--mount", "--uts", "--ipc", "--pid", "--cgroup", "--net", "--root", "--wd")
        return ["nsenter", "--target", str(self.leader), *spaces, *command]

    def run(self, *command: str, check: bool = True) -> str:
        """What a command says that looks at the machine or prepares it: not the guide's."""
        environment = {"PATH": settings.ROOT_PATH, "LANG": "C.UTF-8"}
        done = subprocess.run(
            self.inside(*command), env=environment, text=True, capture_output=True, check=False
        )
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put `text` into a file as an editor does: what is there keeps its owner and mode."""
        place = self.path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a" if append else "w") as file:
            file.write(text)

    def path(self, inside: str) -> Path:
        """Where a file of the machine lies."""
        return self.root / inside.lstrip("/")


def missing() -> list[str]:
    """Programs that this cannot do without."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    return [name for name in _NEEDED if shutil.which(name, path=path) is None]


def make_root(root: Path, cache: Path | None) -> None:
    """A minimal Debian, from `cache` when there is that file; else it is made, and kept there."""
    if cache is not None and cache.exists():
        root.mkdir()
        subprocess.run(["tar", "-C", root, "--numeric-owner", "-xpf", cache], check=True)
        return
    command = ["debootstrap", "--variant=minbase", f"--include={_BOOTS}", RELEASE, str(root)]
    command += settings.mirror(RELEASE)  # debootstrap knows Debian's own
    environment = {**os.environ, **settings.debian_proxies()}
    done = subprocess.run(command, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    if cache is not None:
        subprocess.run(["tar", "-C", root, "--numeric-owner", "-cpf", cache, "."], check=True)


@contextmanager
def booted(root: Path) -> Iterator[Machine]:
    """The machine, running. Inside of the block this program's own connections are in it, too."""
    name = f"lodge-{os.getpid()}"
    command = ["systemd-nspawn", "--boot", "--quiet", f"--machine={name}", f"--hostname={HOSTNAME}"]
    command += ["--console=pipe", "--private-network", "--resolv-conf=copy-host", "-D", str(root)]
    if not Path("/run/systemd/system").exists():  # nobody here to be registered with
        command += ["--register=no", "--keep-unit"]
    command += [f"--bind-ro={folder}" for folder in settings.package_folders()]
    with Path(f"{root}.log").open("wb") as log, _network() as host:
        # Whatever becomes of us, nothing outlives us that is in these processes' namespace.
        started = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *_ALONE, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield _wait_until_booted(root, started, host)
        finally:
            _LIBC.setns(host, 0)
            _end(started)
            _tidy(name)


def _wait_until_booted(root: Path, started: subprocess.Popen[bytes], host: int) -> Machine:
    def is_up() -> bool:
        assert started.poll() is None, Path(f"{root}.log").read_text("utf-8", "replace")
        leaders = _children(*_children(started.pid))
        if not leaders:
            return False
        asked = Machine(root, leaders[-1], host)
        return asked.run("systemctl", "is-system-running", check=False).strip() == "running"

    wait_for(is_up, "booted")
    made = Machine(root, _children(*_children(started.pid))[-1], host)
    with _network(made.leader) as theirs:
        # For this thread and all that it starts.
        assert _LIBC.setns(theirs, 0) == 0, os.strerror(ctypes.get_errno())
    return made


def _children(*parents: int) -> list[int]:
    found = []
    for pid in parents:
        with suppress(OSError):  # it has ended
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return found


@contextmanager
def _network(pid: int | None = None) -> Iterator[int]:
    file = os.open(f"/proc/{pid or 'self'}/ns/net", os.O_RDONLY)
    try:
        yield file
    finally:
        os.close(file)


def _end(started: subprocess.Popen[bytes]) -> None:
    """As a machine is switched off; the hard way when that takes too long."""
    for way in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        if started.poll() is not None:
            return
        for pid in _children(started.pid) or [started.pid]:
            os.kill(pid, way)
        with suppress(subprocess.TimeoutExpired):
            started.wait(_SWITCHED_OFF_SECONDS)


def _tidy(name: str) -> None:
    """What systemd-nspawn leaves behind: empty folders."""
    with suppress(OSError):
        Path(f"/run/systemd/nspawn/propagate/{name}").rmdir()
    for group in ("payload", "supervisor"):
        for base in Path("/sys/fs/cgroup").glob("*"):
            for folder, _, _ in os.walk(base / group, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()
