"""Where an action comes from: the address and browser of the request, nothing for a job."""

from contextvars import ContextVar
from typing import NamedTuple


class Origin(NamedTuple):
    """As the account log shows it. `address` was parsed as one; `user_agent` is any text.

    `page` is the open page that acted, by the name it gave itself: it need not be told what it did.
    """

    address: str = ""
    user_agent: str = ""
    page: str = ""


current: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - a tuple
