"""The socket on which a mail server brings its mail."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.errors import ConfigError
from portal.inbound_url import Listening

# The first file that systemd hands over, if it does.
_HANDED = 3
# For owner and group: neither protocol has passwords.
_UMASK = 0o117


@contextmanager
def listen(where: Listening) -> Iterator[socket.socket]:
    """A listening socket, also one that systemd has opened. Raises ConfigError."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        with socket.socket(fileno=_HANDED) as handed:
            yield handed
    elif where.path is None:
        with _on_port(where.host, where.port) as listener:
            yield listener
    else:
        with _at_path(where.path) as listener:
            yield listener


def _on_port(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family)
    except OSError as error:
        raise _cannot(f"{host}:{port}", error) from error


@contextmanager
def _at_path(path: Path) -> Iterator[socket.socket]:
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(_UMASK)
    try:
        listener.bind(str(path))
        listener.listen()
    except OSError as error:
        listener.close()
        raise _cannot(str(path), error) from error
    finally:
        os.umask(before)
    try:
        with listener:
            yield listener
    finally:
        path.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove the socket of a killed process. Raises ConfigError when it is something else."""
    if not path.is_socket():
        if path.exists():
            raise ConfigError(f"INBOUND_URL: {path} is there and no socket")
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _cannot(str(path), error) from error
        else:
            raise ConfigError(f"INBOUND_URL: somebody listens at {path} already")


def _cannot(where: str, error: OSError) -> ConfigError:
    return ConfigError(f"INBOUND_URL: cannot listen at {where}: {error.strerror or error}")
