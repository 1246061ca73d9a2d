"""The one request that is answered, out of the bytes of its head.

Whatever may be read in two ways is refused. Nothing follows it on its connection.
"""

import re
from http import HTTPStatus

from portal.live_events.subscriptions import PATH

# Cookies come along, where the address is the desk's own.
MOST_HEAD_BYTES = 16 * 1024
HEAD_END = b"\r\n\r\n"
_MOST_HEADERS = 100
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) ([!-~]{1,8192}) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_SIGNED = re.compile(r"[\w.-]+", re.ASCII)


class Refused(Exception):
    """The request is answered with `status`."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


def signed_text(head: bytes) -> str:
    """What stands behind PATH, from the head without its end. Raises Refused."""
    line, *headers = head.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None or len(headers) > _MOST_HEADERS:
        raise Refused(HTTPStatus.BAD_REQUEST)
    method, target, minor = found.groups()
    _check(headers, needs_host=minor == b"1")
    if method != b"GET":
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED)
    path, text = target.decode("ascii")[: len(PATH)], target.decode("ascii")[len(PATH) :]
    if path != PATH or not _SIGNED.fullmatch(text):
        raise Refused(HTTPStatus.NOT_FOUND)
    return text


def _check(headers: list[bytes], *, needs_host: bool) -> None:
    """Raises Refused for headers that cannot be read in one way, or say that a body follows."""
    hosts = 0
    for line in headers:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise Refused(HTTPStatus.BAD_REQUEST)
        name, value = found[1].lower(), found[2].strip()
        hosts += name == b"host"
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            raise Refused(HTTPStatus.BAD_REQUEST)
    if hosts > 1 or (needs_host and not hosts):
        raise Refused(HTTPStatus.BAD_REQUEST)


def refusal(status: HTTPStatus, origin: str = "") -> bytes:
    """The whole answer; `origin` as in `opening`."""
    allow = "Allow: GET\r\n" if status is HTTPStatus.METHOD_NOT_ALLOWED else ""
    length = "" if status is HTTPStatus.NO_CONTENT else "Content-Length: 0\r\n"
    headers = f"{allow}{length}{_shared(origin)}{_FIXED}"
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{headers}\r\n".encode()


def opening(origin: str, pause: int) -> bytes:
    """The head of a stream and its first lines.

    `origin` is that of a page that has another one than the stream. So many milliseconds after it
    breaks off the page is to come back.
    """
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{_shared(origin)}{_FIXED}"
    # Without X-Accel-Buffering nginx would keep the events back.
    return f"{head}X-Accel-Buffering: no\r\n\r\nevent: pause\ndata: {pause}\n\n".encode()


def _shared(origin: str) -> str:
    return f"Access-Control-Allow-Origin: {origin}\r\nVary: Origin\r\n" if origin else ""


_FIXED = "".join(
    f"{name}: {value}\r\n"
    for name, value in {
        "Cache-Control": "no-store",
        "Connection": "close",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }.items()
)
