"""The socket on which a program of ours listens, beside the web server."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from portal.errors import ConfigError

# The first file that systemd hands over, if it does.
_HANDED = 3
# For owner and group: none of our protocols has passwords.
_UMASK = 0o117
# So many may wait to be taken: thousands come at once when they were sent away at once.
BACKLOG = 4096


class Place(NamedTuple):
    """What a setting names: a socket at `path`, or a port."""

    setting: str
    host: str = ""
    port: int = 0
    path: Path | None = None


@contextmanager
def listen(place: Place) -> Iterator[socket.socket]:
    """A listening socket, also one that systemd has opened. Raises ConfigError."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        with socket.socket(fileno=_HANDED) as handed:
            yield handed
    elif place.path is None:
        with _on_port(place) as listener:
            yield listener
    else:
        with _at_path(place.setting, place.path) as listener:
            yield listener


def _on_port(place: Place) -> socket.socket:
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        family, *_, address = found[0]
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        raise _cannot(place.setting, f"{place.host}:{place.port}", error) from error


@contextmanager
def _at_path(setting: str, path: Path) -> Iterator[socket.socket]:
    _remove_stale(setting, path)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(_UMASK)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot(setting, str(path), error) from error
    finally:
        os.umask(before)
    try:
        with listener:
            yield listener
    finally:
        path.unlink(missing_ok=True)


def _remove_stale(setting: str, path: Path) -> None:
    """Remove the socket of a killed process. Raises ConfigError when it is something else."""
    if not path.is_socket():
        if path.exists():
            raise ConfigError(f"{setting}: {path} is there and no socket")
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _cannot(setting, str(path), error) from error
        else:
            raise ConfigError(f"{setting}: somebody listens at {path} already")


def _cannot(setting: str, where: str, error: OSError) -> ConfigError:
    return ConfigError(f"{setting}: cannot listen at {where}: {error.strerror or error}")
