"""`make run` with INBOUND_URL: a mail in a mailbox elsewhere becomes a ticket."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.dovecot import PASSWORD, dovecot
from tests.inbound.mails import mail
from tests.running import running
from tests.waiting import wait_for

pytestmark = pytest.mark.slow


def test_a_mail_that_waits_in_a_mailbox_becomes_a_ticket(tmp_path: Path) -> None:
    with dovecot() as server:
        server.deliver("desk", mail(subject="The boiler hums").as_bytes())
        url = f"imap://desk:{PASSWORD}@127.0.0.1:{server.port}/INBOX?tls=0"
        with running(tmp_path / "var", INBOUND_URL=url) as lodge:

            def has_ticket() -> bool:
                with closing(sqlite3.connect(lodge.folder / "lodge.sqlite3")) as database:
                    found = database.execute("SELECT subject FROM tickets")
                    return ("The boiler hums",) in found.fetchall()

            wait_for(has_ticket, "a ticket")
            assert len(lodge.pids("jobs.mailboxes")) == 1
            assert PASSWORD not in lodge.output
