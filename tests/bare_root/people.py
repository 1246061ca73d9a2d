"""People who use the desk through its proxy."""

import io
import re
import socket
import ssl
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from werkzeug.datastructures import FileStorage

from tests.bare_root import substitutions, surroundings
from tests.flows.http_browser import HttpBrowser, Reply
from tests.mail.outgoing import part
from tests.smtp_sink import Sink
from tests.waiting import PATIENCE, wait_for

_FILE = b"\x00\x01printer\xff" * 20_000
_PAUSE = 0.02
_FEW = 20


class _Here(HTTPSConnection):
    """A connection to a name that is this machine, whatever others say of it."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", 443), PATIENCE)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


@dataclass
class Visitor(HttpBrowser):
    """A browser elsewhere: over TLS, under the desk's name, with the headers of browsers."""

    trusted: Path

    def connect(self) -> HTTPConnection:
        return _Here(
            substitutions.HOST, context=ssl.create_default_context(cafile=str(self.trusted))
        )

    def headers(self, method: str) -> dict[str, str]:
        here = f"https://{substitutions.HOST}"
        return {"Origin": here, "Referer": f"{here}/"} if method == "POST" else {}


class People:
    """The admin whom the guide makes, and customers, one after the other."""

    def __init__(self, root: Path, mail: Sink) -> None:
        self._trusted, self._mail = surroundings.trusted(root), mail
        self._customers = 0

    def visitor(self) -> Visitor:
        return Visitor(self._trusted)

    def wait_for_desk(self) -> None:
        """Wait until the desk is served and healthy."""
        seen: list[str] = []

        def is_well() -> bool:
            try:
                seen.append(self.visitor().get("/health/ready").text)
            except OSError as error:
                seen.append(repr(error))
            return '"status":"ready"' in seen[-1]

        try:
            wait_for(is_well, "well")
        except AssertionError as error:
            raise AssertionError(seen[-1]) from error

    def walk(self) -> str:
        """A customer registers, files a ticket and gets an answer. Returns its number."""
        customer, email = self._register()
        number = self._file(customer)
        admin = self.visitor()
        admin.sign_in_as(substitutions.ADMIN, substitutions.PASSWORD)
        assert number in admin.get("/tickets/queue?q=quenched").text
        reply = admin.post(f"/tickets/{number}/comments", {"message": "Is the light on?"})
        assert reply.status == 303, reply.text[:500]
        self._mail_to(email, "Is the light on?")
        self._copy_of_data(customer)
        assert "Is the light on?" in customer.get(f"/tickets/{number}").text
        return number

    def sees(self, number: str) -> bool:
        """Whether the admin finds a ticket."""
        admin = self.visitor()
        admin.sign_in_as(substitutions.ADMIN, substitutions.PASSWORD)
        return admin.get(f"/tickets/{number}").status == 200

    def on_port_80(self, path: str) -> tuple[int, str]:
        """Status and target of the answer to a request without TLS."""
        connection = HTTPConnection("127.0.0.1", 80, timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", path, headers={"Host": substitutions.HOST})
            answer = connection.getresponse()
            return answer.status, answer.headers["Location"] or ""

    @contextmanager
    def served_throughout(self) -> Iterator[None]:
        """Assert that no request fails during the block and for some time after."""
        seen: Counter[int | str] = Counter()
        over = threading.Event()

        def ask() -> None:
            while not over.wait(_PAUSE):
                try:
                    seen[self.visitor().get("/auth/login").status] += 1
                except OSError as error:
                    seen[repr(error)] += 1

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            wait_for(lambda: seen.total() > _FEW, "at it")
            yield
            then = seen.total()
            wait_for(lambda: seen.total() > then + _FEW, "at it")
        finally:
            over.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert set(seen) == {200}, seen

    def _register(self) -> tuple[Visitor, str]:
        self._customers += 1
        email, customer = f"ann{self._customers}@example.com", self.visitor()
        customer.read_token("/auth/register")
        assert customer.post("/auth/register", {"email": email}).status == 303
        text = self._mail_to(email, "/auth/verify/")
        link = re.search(rf"https://{substitutions.HOST}(/auth/verify/\S+)", text)
        assert link is not None, text
        customer.read_token(link[1])
        assert customer.post(link[1], {"password": substitutions.PASSWORD}).status == 303
        return customer, email

    def _file(self, customer: Visitor) -> str:
        customer.read_token("/tickets/new")
        fields = {
            "subject": "The printer is quenched",
            "message": "Since Monday.",
            "priority": "high",
        }
        file = FileStorage(io.BytesIO(_FILE), "printer.bin")
        reply = customer.post("/tickets/new", {**fields, "attachments": file})
        assert reply.status == 303, reply.text[:500]
        page = customer.get(reply.location).text
        link = re.search(r'href="(/tickets/[^"]+/attachments/\d+)"', page)
        assert link is not None, page
        assert customer.get(link[1]).body == _FILE
        number = re.search(r"REQ\d+", reply.location)
        assert number is not None
        self._mail_to("support@example.com", number[0])
        return number[0]

    def _copy_of_data(self, customer: Visitor) -> None:
        assert customer.post("/account/privacy/exports", {}).status == 303
        found: list[Reply] = []

        def ready() -> bool:
            link = re.search(
                r'href="(/account/privacy/exports/\d+)"', customer.get("/account/privacy").text
            )
            if link is not None:
                found.append(customer.get(link[1]))
            return bool(found)

        wait_for(ready, "a copy of the data")
        assert "profile.json" in zipfile.ZipFile(io.BytesIO(found[0].body)).namelist()

    def _mail_to(self, address: str, words: str) -> str:
        """The newest mail to somebody with these words, once it is there."""

        def found() -> list[str]:
            mails = [mail for mail in list(self._mail.taken) if mail["To"] == address]
            return [text for text in map(part, mails) if words in text]

        wait_for(lambda: bool(found()), f"a mail to {address}")
        return found()[-1]
