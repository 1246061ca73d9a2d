"""What a mail says of a conversation: the message, its files, the status, earlier messages.

Texts that people typed (names, subjects, messages) are cleaned here of control characters, line
breaks in headers and characters that turn the reading direction, and are cut to a length.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from portal.i18n import format_moment, gettext
from portal.mail import safe_names
from portal.mail.outgoing import SOLVED, OutgoingMail
from portal.mail.safe_names import one_line
from portal.markdown.text import as_text
from portal.models.delivery.outbox import REPLY
from portal.models.people import User
from portal.models.tickets import Attachment, Comment, Ticket, TicketStatus
from portal.security import permissions

# Longer texts are read on the ticket's page.
MAX_TEXT = 20_000
_MAX_HTML = 100_000
# Of an earlier message, and of all of them together.
_MAX_EARLIER = 4_000
_MAX_EARLIER_HTML = 20_000
_MAX_ALL_EARLIER = 20_000
# Where a file of the message is: in the mail, nowhere, or on the ticket's page.
ENCLOSED, LOST, ON_PAGE = "enclosed", "lost", "page"
# With the zone, as a mail may be read later and elsewhere.
MOMENT = "d MMM y, HH:mm z"


class AttachedFile(NamedTuple):
    """A file's name, its size in bytes, and where it is: ENCLOSED, LOST or ON_PAGE."""

    name: str
    size: int
    place: str


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment as a mail shows it. `html` was sanitized when it was stored; empty if too long."""

    author: str
    moment: str
    text: str
    html: str
    shortened: bool
    files: tuple[AttachedFile, ...] = ()
    # The mailbox's, below what staff write.
    signature: str = ""

    @property
    def files_by_place(self) -> list[tuple[str, list[AttachedFile]]]:
        """The files below a title for each place, in the language in force."""
        titles = {
            ENCLOSED: gettext("Files, in this mail:"),
            ON_PAGE: gettext("Files, on the ticket's page:"),
            LOST: gettext("Files that are not there any more:"),
        }
        found = [(title, [f for f in self.files if f.place == at]) for at, title in titles.items()]
        return [(title, files) for title, files in found if files]

    @property
    def quoted_text(self) -> str:
        """The text as mail programs quote it."""
        return "\n".join(f"> {line}".rstrip() for line in self.text.split("\n"))


def conversation_context(mail: OutgoingMail, ticket: Ticket) -> dict[str, Any]:
    """Variables of a mail about `ticket`, in the locale and time zone in force."""
    author = one_line(mail.author.name) if mail.author else gettext("Assistance")
    solved = ticket.status if _tells_of_solution(mail, ticket) else ""
    status = {
        "solved": solved,
        "may_rate": mail.reader is not None and permissions.can_rate(mail.reader.actor, ticket),
        "answers_come": mail.answers_come,
        "what_replies_do": _what_replies_do(mail),
    }
    if reader_is_verified(mail):
        return status | {
            "subject": one_line(ticket.subject),
            "author": author,
            "happened": _sentence(mail, ticket, author, solved),
            "said": _said(mail, author),
            "earlier": tuple(_earlier(mail)),
        }
    # Anybody may have opened an account with somebody else's address.
    author = safe_names.safe_name(author, gettext("Somebody"))
    by_staff = mail.author is not None and mail.author.actor.is_staff
    return status | {
        "subject": gettext("A ticket"),
        "author": author,
        "happened": _sentence(mail, ticket, author, solved),
        "said": _said(mail, author) if by_staff else None,
        "earlier": (),
    }


def reader_is_verified(mail: OutgoingMail) -> bool:
    """Whether the reader has proven the address, or is the staff mailbox."""
    return mail.reader is None or mail.reader.is_verified


def _tells_of_solution(mail: OutgoingMail, ticket: Ticket) -> bool:
    return ticket.is_done and (mail.row.template == SOLVED or bool(mail.row.data.get("solved")))


def _sentence(mail: OutgoingMail, ticket: Ticket, author: str, solved: str) -> str:
    """What `author` did: answered, solved, closed."""
    match solved, mail.comment is not None:
        case TicketStatus.SOLVED, True:
            text = gettext("%(name)s answered on ticket %(number)s and set it to solved.")
        case TicketStatus.SOLVED, False:
            text = gettext("%(name)s set ticket %(number)s to solved.")
        case TicketStatus.CLOSED, True:
            text = gettext("%(name)s answered on ticket %(number)s and closed it.")
        case TicketStatus.CLOSED, False:
            text = gettext("%(name)s closed ticket %(number)s.")
        case _:
            text = gettext("%(name)s answered on ticket %(number)s.")
    return text % {"name": author, "number": ticket.number}


def _said(mail: OutgoingMail, author: str) -> ShownComment | None:
    if mail.comment is None:
        return None

    def place(file: Attachment) -> AttachedFile:
        data = mail.enclosed.get(file.storage_key, b"")
        where = LOST if data is None else ENCLOSED if data else ON_PAGE
        return AttachedFile(one_line(file.filename) or "–", file.size, where)

    shown = _shown(mail.comment, author, MAX_TEXT, _MAX_HTML)
    return replace(shown, files=tuple(map(place, mail.attachments)), signature=_signature(mail))


def _signature(mail: OutgoingMail) -> str:
    """The mailbox's, for what staff answer a customer."""
    by_staff = mail.author is not None and mail.author.actor.is_staff
    if mail.reply_mailbox is None or mail.row.template != REPLY or not by_staff:
        return ""
    return "\n".join(mail.reply_mailbox.signature.strip().splitlines())


def _what_replies_do(mail: OutgoingMail) -> str:
    """Empty where replies only reach people who read the desk's mail."""
    if mail.reply_mailbox is None or mail.reader is None or not mail.may_answer:
        return ""
    if not mail.reader.actor.is_staff:
        return gettext("Reply to this mail, or answer on the ticket's page.")
    # Others of staff wait until somebody confirms them.
    return (
        gettext("A reply to this mail goes to the customer as your answer.")
        if mail.has_signed_address
        else ""
    )


def _earlier(mail: OutgoingMail) -> Iterator[ShownComment]:
    """Earlier comments, the newest first, as many as fit."""
    left = _MAX_ALL_EARLIER
    for one in mail.earlier:
        shown = _shown(one.comment, _name(one.author), _MAX_EARLIER, _MAX_EARLIER_HTML)
        left -= len(shown.text)
        if left < 0:
            return
        yield shown


def _name(author: User) -> str:
    return one_line(author.name)


def _shown(comment: Comment, author: str, most: int, most_html: int) -> ShownComment:
    text = as_text(comment.html)
    shortened = len(text) > most or len(comment.html) > most_html
    return ShownComment(
        author=author,
        moment=format_moment(comment.created_at, MOMENT),
        text=text[:most],
        html="" if shortened else comment.html,
        shortened=shortened,
    )
