"""The guarded client: where it goes, where it never goes, and how long it waits."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask.ctx import AppContext

from portal.security.delivery import connections, outbound
from portal.security.delivery.outbound import OutboundError
from tests import timing
from tests.servers import free_port
from tests.smtp_sink import certificate
from tests.waiting import PATIENCE
from tests.webhook_receiver import Receiver, receiver

pytestmark = pytest.mark.usefixtures("bare_context")
Allow = Callable[..., None]
SPELLINGS = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1"),
    *("017700000001", "0", "0.0.0.0", "127.0.0.1.", "127.127.127.127", "localhost"),
    *("LOCALHOST", "localhost.", "①②⑦.0.0.1", "127。0。0。1", "ｌｏｃａｌｈｏｓｔ"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::7f00:1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[fd00::1]"),
    *("169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "172.16.0.1", "192.168.0.1"),
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
]
BROKEN = [
    *("", "hook", "//example.com", "ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8:443/"),
    *("javascript:alert(1)", "https://", "https:///hook", "https://?x", "https://:443/"),
    *("https://user:word@8.8.8.8/", "https://user@8.8.8.8/", "https://8.8.8.8:443:443/"),
    *("https://8.8.8.8@127.0.0.1/", r"https://8.8.8.8\@127.0.0.1/", r"https:\\127.0.0.1"),
    *(
        "https://8.8.8.8/a b",
        "https://8.8.8.8/\r\nHost: x",
        "https://8.8.8.8/\ta",
        " https://8.8.8.8",
    ),
    *(
        "https://a..b/",
        "https://-a.example/",
        "https://exa mple.com/",
        "https://[::1/",
        "https://[x]/",
    ),
    *("https://8.8.8.8:0/", "https://8.8.8.8:22/", "https://8.8.8.8:65536/", "https://8.8.8.8:x/"),
    *("http://8.8.8.8/", "http://8.8.8.8:443/", "https://8.8.8.8:80/"),
    f"https://8.8.8.8/{'x' * outbound.MAX_URL}",
]


@pytest.fixture
def allow(bare_context: AppContext, monkeypatch: pytest.MonkeyPatch) -> Allow:
    """`allow(("127.0.0.1", 80))`: what the operator has set."""
    return lambda *pairs: monkeypatch.setitem(
        bare_context.app.config, "OUTBOUND_ALLOW", frozenset(pairs)
    )


@pytest.fixture
def server(allow: Allow) -> Iterator[Receiver]:
    with receiver() as running:
        allow(("127.0.0.1", running.port))
        yield running


def code(url: str) -> str:
    with pytest.raises(OutboundError) as caught:
        outbound.post(url, b"{}", {})
    return caught.value.code


@pytest.mark.threat("requests into the house")
@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_an_inner_address_is_reached(host: str) -> None:
    assert code(f"https://{host}/hook") in {"unreachable", "url"}
    with pytest.raises(OutboundError):
        outbound.check(f"https://{host}/hook")


@pytest.mark.parametrize("url", BROKEN)
def test_what_is_no_address_for_us_is_refused_without_a_look_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "resolve", lambda *_: pytest.fail("it was looked up"))
    assert code(url) == "url"


@pytest.mark.parametrize("url", ["https://8.8.8.8/", "https://[2606:4700::1]:8443/a?b=c"])
def test_public_addresses_pass(url: str) -> None:
    assert outbound.check(url).url == url


def test_a_url_is_kept_in_one_form() -> None:
    assert outbound.parse("HTTPS://Bücher.Example.:443/ä?ö#x").url == (
        "https://xn--bcher-kva.example/%C3%A4?%C3%B6"
    )


def test_a_name_that_is_nobodys_is_unreachable() -> None:
    assert code("https://nobody.invalid/") == "unreachable"


@pytest.mark.threat("requests into the house")
def test_one_inner_address_among_public_ones_is_one_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(socket.AF_INET, (ip, 443)) for ip in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(connections, "resolve", lambda *_: found)
    monkeypatch.setattr(connections, "connect", lambda *_: pytest.fail("one of them was called"))
    assert code("https://hooks.example.com/") == "unreachable"


@pytest.mark.threat("requests into the house")
def test_a_name_is_looked_up_once_and_its_checked_address_is_called(
    server: Receiver, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def turning(host: str, *_: object, **__: object) -> object:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, server.port))]

    allow(("hooks.example.com", server.port))
    monkeypatch.setattr(socket, "getaddrinfo", turning)
    assert outbound.post(f"http://hooks.example.com:{server.port}/", b"{}", {}) == 200
    assert asked == ["hooks.example.com"]
    assert server.taken[0].headers["host"] == f"hooks.example.com:{server.port}"


def test_a_look_up_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        over.wait(PATIENCE)
        return []

    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    assert timing.within(PATIENCE / 2, lambda: code("https://hooks.example.com/"))
    assert code("https://hooks.example.com/") == "unreachable"
    over.set()


def test_the_operators_host_is_called_without_tls(server: Receiver) -> None:
    status = outbound.post(f"{server.url}?a=b", b'{"x": 1}', {"Content-Type": "application/json"})
    assert status == 200
    (taken,) = server.taken
    assert (taken.path, taken.body) == ("/hook?a=b", b'{"x": 1}')
    assert taken.headers["user-agent"] == "Lodge"


def test_the_operators_host_is_that_port_alone(server: Receiver) -> None:
    assert code(f"http://127.0.0.1:{free_port()}/") == "url"
    assert code(f"http://127.1:{server.port}/") == "url"
    assert server.taken == []


@pytest.mark.threat("requests into the house")
def test_a_redirect_is_an_answer_like_any_other(server: Receiver) -> None:
    server.answers, server.headers = [302], {"Location": f"http://127.0.0.1:{server.port}/other"}
    assert outbound.post(server.url, b"{}", {}) == 302
    assert [taken.path for taken in server.taken] == ["/hook"]


def test_a_proxy_in_the_environment_is_not_asked(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert outbound.post(server.url, b"{}", {}) == 200


def test_nobody_there_is_unreachable(allow: Allow) -> None:
    port = free_port()
    allow(("127.0.0.1", port))
    assert code(f"http://127.0.0.1:{port}/") == "unreachable"


def test_an_address_that_leads_nowhere_leaves_time_for_the_next(
    server: Receiver, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with ExitStack() as waiting:
            # Nobody is let in any more: whoever comes now is not answered at all.
            for _ in range(4):
                one = waiting.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            found = [(socket.AF_INET, a) for a in (full.getsockname(), ("127.0.0.1", server.port))]
            monkeypatch.setattr(connections, "resolve", lambda *_: found)
            monkeypatch.setattr(connections, "CONNECT_SECONDS", 3)
            assert outbound.post(server.url, b"{}", {}) == 200


def test_silence_ends_at_the_deadline(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 1.0)
    server.after = PATIENCE
    told: list[str] = []
    assert timing.within(PATIENCE / 2, lambda: told.append(code(server.url)))
    assert set(told) == {"timeout"}
    server.after = 0


def test_a_dripping_answer_ends_at_the_deadline(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 1.0)
    # All of it takes three minutes.
    server.raw, server.drip = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 600 + b"\r\n", 0.05
    told: list[str] = []
    assert timing.within(PATIENCE / 2, lambda: told.append(code(server.url)))
    assert set(told) == {"timeout"}


def test_a_large_answer_is_not_read(server: Receiver) -> None:
    server.body = b"x" * 10_000_000
    assert outbound.post(server.url, b"{}", {}) == 200


def test_endless_headers_are_not_read_to_their_end(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who reads all of it is out of time in the middle: it takes ten minutes.
    server.raw, server.drip = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, 0.005
    monkeypatch.setattr(connections, "MAX_ANSWER", 30)
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 30.0)
    assert outbound.post(server.url, b"{}", {}) == 200


@pytest.mark.parametrize("raw", [b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\r\n"])
def test_what_is_no_answer_is_said_to_be_none(server: Receiver, raw: bytes) -> None:
    server.raw = raw
    assert code(server.url) == "answer"


def test_a_header_cannot_be_broken_out_of(server: Receiver) -> None:
    with pytest.raises(ValueError, match="header"):
        outbound.post(server.url, b"{}", {"X": "a\r\nY: b"})


@pytest.fixture
def trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], tuple[Path, Path]]]:
    """`trusted(name)`: a certificate for `name` that this process believes in."""

    def make(name: str) -> tuple[Path, Path]:
        made = certificate(tmp_path, name)
        monkeypatch.setitem(os.environ, "SSL_CERT_FILE", str(made[0]))
        connections.tls_context.cache_clear()
        return made

    yield make
    connections.tls_context.cache_clear()


def test_tls_is_spoken_in_the_name_that_was_typed(
    allow: Allow, trusted: Callable[[str], tuple[Path, Path]]
) -> None:
    with receiver(trusted("localhost")) as server:
        allow(("localhost", server.port), ("127.0.0.1", server.port))
        assert outbound.post(f"https://localhost:{server.port}/", b"{}", {}) == 200
        assert code(f"https://127.0.0.1:{server.port}/") == "tls"


def test_a_certificate_that_nobody_vouches_for_is_refused(allow: Allow, tmp_path: Path) -> None:
    with receiver(certificate(tmp_path, "localhost")) as server:
        allow(("localhost", server.port))
        assert code(f"https://localhost:{server.port}/") == "tls"
        assert server.taken == []


def test_a_server_that_is_ours_to_name_is_asked_for_its_answer(server: Receiver) -> None:
    server.body, server.answers = b'{"a": 1}', [400]
    assert outbound.ask(server.url, b"x=1", {}, within=PATIENCE) == (400, b'{"a": 1}')
    assert server.taken[-1].body == b"x=1"


def test_an_answer_without_end_is_no_answer(server: Receiver) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    server.raw = head + b"x" * 1_000_000
    with pytest.raises(OutboundError, match="answer"):
        outbound.ask(server.url, b"", {}, within=PATIENCE)


def test_a_dripping_body_ends_at_the_deadline(server: Receiver) -> None:
    server.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    server.drip = 0.02
    with pytest.raises(OutboundError, match="timeout"):
        outbound.ask(server.url, b"", {}, within=0.5)
