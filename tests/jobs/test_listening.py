"""The socket of a program: for whom it is, and what is in its place."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.listening import Place, listen
from portal.errors import ConfigError
from tests.servers import free_port, short_folder


@pytest.fixture
def path() -> Iterator[Path]:
    with short_folder("inbound") as folder:
        yield folder / "inbound.sock"


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def test_a_socket_is_for_owner_and_group_and_goes_with_its_program(path: Path) -> None:
    with listen(Place("INBOUND_URL", path=path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert connects(path)
    assert not path.exists()


def test_what_a_killed_program_left_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    assert not connects(path)
    with listen(Place("INBOUND_URL", path=path)):
        assert connects(path)


def test_two_do_not_listen_in_one_place(path: Path) -> None:
    where = Place("INBOUND_URL", path=path)
    with listen(where):
        with pytest.raises(ConfigError, match="somebody listens"), listen(where):
            pass
        assert connects(path)


def test_a_file_that_is_no_socket_is_left_alone(path: Path) -> None:
    path.write_text("mine")
    with (
        pytest.raises(ConfigError, match="no socket"),
        listen(Place("INBOUND_URL", path=path)),
    ):
        pass
    assert path.read_text() == "mine"


def test_a_place_that_cannot_be_had_is_said_in_one_line(path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        for where in (
            Place("INBOUND_URL", host="127.0.0.1", port=port),
            Place("INBOUND_URL", path=path / "nowhere" / "inbound.sock"),
            Place("INBOUND_URL", host="no-such-host.invalid", port=24),
        ):
            with pytest.raises(ConfigError, match="cannot listen at") as refused, listen(where):
                pass
            assert "\n" not in str(refused.value)


def test_a_port_is_open_where_it_was_asked_for(path: Path) -> None:
    port = free_port()
    with listen(Place("INBOUND_URL", host="127.0.0.1", port=port)) as listener:
        assert listener.getsockname() == ("127.0.0.1", port)
