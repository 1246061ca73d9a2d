"""What keeps `make run` from starting is said in one line; what it makes is made once."""

import socket
import stat
from pathlib import Path

import pytest

from jobs.launcher import demo
from portal import config
from portal.errors import ConfigError


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "٨"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ConfigError, match=f"from 1 to 65535, not '{port}'$"):
        demo.listen({"PORT": port})


def test_a_busy_port_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError) as refused:
            demo.listen({"PORT": str(port)})
    assert str(refused.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; try: make run PORT=8001"
    )


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError) as refused:
        demo.data_folder({"DATA_DIR": f"{tmp_path}/file/var"})
    assert (
        str(refused.value)
        == f"cannot write to the data folder {tmp_path}/file/var: Not a directory"
    )


def test_the_folder_of_sockets_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = demo.data_folder({"DATA_DIR": str(tmp_path / "var")})
    assert stat.S_IMODE((folder / "run").stat().st_mode) == 0o700


def test_keys_are_made_once_and_the_address_follows_the_port(tmp_path: Path) -> None:
    path = tmp_path / config.DEMO_FILE
    demo.write_file(tmp_path, 8000, "unix:///tmp/queue.sock?db=0")
    first = config.read_file(path)
    demo.write_file(tmp_path, 8001, None)
    again = config.read_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first["REDIS_URL"] == "unix:///tmp/queue.sock?db=0"
    del first["REDIS_URL"]
    assert again == {**first, "BASE_URL": "http://127.0.0.1:8001"}
    assert {"SECRET_KEY", "ENCRYPTION_MASTER_KEY"} < again.keys()
