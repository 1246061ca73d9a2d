"""What `make run` decides by itself for somebody who has set nothing: folder, port, keys."""

import base64
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from portal import config
from portal.errors import ConfigError


def data_folder(given: Mapping[str, str]) -> Path:
    """DATA_DIR with its private `run` folder, made when missing. Raises ConfigError."""
    folder = config.data_dir(given)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        run = folder / "run"
        run.mkdir(exist_ok=True)
        run.chmod(0o700)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(f"cannot write to the data folder {folder}: {error.strerror}") from error
    return folder


def listen(given: Mapping[str, str]) -> socket.socket:
    """The web server's socket, bound to loopback. Raises ConfigError when the port is taken."""
    text = given.get("PORT", "8000")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ConfigError(f"PORT has to be a number from 1 to 65535, not {text!r}")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", int(text)))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on 127.0.0.1:{text}: {error.strerror}; try: make run PORT=8001"
        ) from error
    return listener


def listen_for_streams() -> socket.socket:
    """A socket on loopback for the process of streams, on a port that is free."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def write_file(folder: Path, port: int, queue_url: str | None) -> None:
    """Bring `demo.env` up to date: keys are made once and kept, the address follows the port.

    Operator's commands read it too; so a queue server in an unusual place is named in it.
    """
    path = folder / config.DEMO_FILE
    before = {name: value for name, value in config.read_file(path).items() if value}
    after = {
        "SECRET_KEY": os.urandom(32).hex(),
        "ENCRYPTION_MASTER_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        **before,
        "BASE_URL": f"http://127.0.0.1:{port}",
    }
    after.pop("REDIS_URL", None)
    if queue_url is not None:
        after["REDIS_URL"] = queue_url
    if after == before:
        return
    lines = ["# Made by `make run` for trying Lodge out. Production servers do not read it.\n"]
    lines += [f"{name}='{value}'\n" for name, value in after.items()]
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    temporary.touch(0o600)
    temporary.write_text("".join(lines), "utf-8")
    temporary.replace(path)
