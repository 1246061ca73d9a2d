"""Mail that a test reads: sends what is due in the outbox, then reads it from the mail folder."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select

from jobs.outbox import send_due
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.security.smtp_addresses import ascii_address
from tests.mail.outgoing import part
from tests.waiting import PATIENCE


class Mailbox:
    """The mails of one test, as the folder transport wrote them."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app = app
        self.folder = folder

    def send(self) -> None:
        """Send all that is due."""
        with self.app.app_context():
            send_due(PATIENCE)

    def sent(self, to: str) -> list[EmailMessage]:
        """Send all that is due, then return every mail to `to` so far, oldest first."""
        self.send()
        with self.app.app_context():
            order = list(db.session.scalars(select(Outbox.message_id).order_by(Outbox.id)))
        read = (
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in self.folder.glob("*.eml")
        )
        found = [mail for mail in read if mail["To"] == ascii_address(to)]
        return sorted(found, key=lambda mail: order.index(mail["Message-ID"]))  # type: ignore[arg-type]

    def subjects(self, to: str) -> list[str]:
        """The subjects of those mails, oldest first."""
        return [str(mail["Subject"]) for mail in self.sent(to)]

    def links(self, to: str, kind: str) -> list[str]:
        """The paths of `/auth/<kind>/…` (or `/account/…`) in mails to `to`, oldest first."""
        texts = "".join(part(mail) for mail in self.sent(to))
        urls = re.findall(rf"\S+/(?:auth|account)/{kind}/\S+", texts)
        assert all(url.startswith("http://localhost/") for url in urls)
        return [urlsplit(url).path for url in urls]

    def link(self, to: str, kind: str) -> str:
        """The path of the newest such link."""
        return self.links(to, kind)[-1]
