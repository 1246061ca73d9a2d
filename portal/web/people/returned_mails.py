"""Why a mail came back, in words: its status says more than servers do (RFC 3463)."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
from portal.models.delivery.outbox import RETURNED

# The first that fits.
_REASONS: Sequence[tuple[str, LazyText]] = (
    (r".\.1\.2|.\.4\.4", _("the domain of the address takes no mail")),
    (r"5\.1\.\d+", _("there is no such mailbox")),
    (r"5\.2\.1", _("the mailbox is switched off")),
    (r".\.2\.2", _("the mailbox is full")),
    (r".\.2\.3|.\.3\.4", _("the mail is too large for it")),
    (r".\.7\.\d+", _("its mail server does not let the mail through")),
    (r"4\..*", _("it could not be delivered in time")),
)
_OTHERWISE = _("its mail server did not take it")
_SAID = re.compile(r"(?:([245]\.\d{1,3}\.\d{1,3})(?: |$))?(.*)", re.DOTALL)


class Returned(NamedTuple):
    """`reason` after "came back:"; `said` are the server's words, for who knows mail."""

    reason: str
    said: str


def returned(error: str | None) -> Returned | None:
    """What the reason of a parked mail says; None for one that did not come back."""
    if not error or not error.startswith(RETURNED):
        return None
    found = _SAID.fullmatch(error.removeprefix(RETURNED))
    status = found[1] if found and found[1] else ""
    return Returned(reason_of(status), error.removeprefix(RETURNED))


def reason_of(status: str) -> str:
    """What a status like 5.1.1 means."""
    fits = (text for pattern, text in _REASONS if re.fullmatch(pattern, status))
    return str(next(fits, _OTHERWISE))
