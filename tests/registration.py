"""Opening an account as people do: form, mail, password."""

from typing import Any

from tests.cast import PASSWORD
from tests.mailbox import Mailbox
from tests.page import Visitor


def ask(visitor: Visitor, email: str, **typed: str) -> None:
    """Send the registration form."""
    assert (
        visitor.post("/auth/register", {"email": email, **typed}).location == "/auth/register/sent"
    )


def open_account(visitor: Visitor, mailbox: Mailbox, email: str, **typed: str) -> None:
    """Register and use the mailed link; `visitor` is signed in afterwards.

    `password` is PASSWORD unless given.
    """
    password: Any = typed.pop("password", PASSWORD)
    ask(visitor, email, **typed)
    assert visitor.post(mailbox.link(email, "verify"), {"password": password}).location == "/"
