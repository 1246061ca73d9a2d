"""Opening an account as anybody does: the form, the mail, the password."""

from typing import Any

from tests.cast import PASSWORD
from tests.mailbox import Mailbox
from tests.page import Visitor


def ask(visitor: Visitor, email: str, **typed: str) -> None:
    """Send the form, which leads to the page that says what to do now."""
    assert (
        visitor.post("/auth/register", {"email": email, **typed}).location == "/auth/register/sent"
    )


def open_account(visitor: Visitor, mailbox: Mailbox, email: str, **typed: str) -> None:
    """All of it; afterwards `visitor` is signed in. `password` is PASSWORD unless told."""
    password: Any = typed.pop("password", PASSWORD)
    ask(visitor, email, **typed)
    assert visitor.post(mailbox.link(email, "verify"), {"password": password}).location == "/"
