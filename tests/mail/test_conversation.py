"""What a mail says of a conversation: files, the status, earlier messages."""

import re
from typing import Any

import pytest

from portal.mail.conversation import MAX_TEXT
from portal.mail.messages import compose
from portal.mail.outgoing import EarlierComment
from portal.models.tickets import Ticket
from tests.mail.outgoing import (
    MOMENT,
    OF_ACCOUNTS,
    TEMPLATES,
    WITHOUT_WORDS,
    attachment,
    comment,
    desk,
    outgoing_mail,
    part,
    person,
)

DESK = desk()
OF_TICKETS = [name for name in TEMPLATES if name not in OF_ACCOUNTS]
KINDS = ("plain", "html")
RATING = "https://help.example.com/auth/ratings/rating-7?rating=good"
OPEN_AGAIN = "it is open again"


def parts(template: str = "reply", **facts: Any) -> list[str]:
    """The text, and the page without its tags' ends of lines."""
    message = compose(outgoing_mail(template, **facts), DESK)
    return [part(message), re.sub(r"\s+", " ", part(message, "html"))]


def ticket(status: str = "open", **facts: Any) -> Ticket:
    known = {"id": 7, "subject": "No hot water", "created_at": MOMENT, "status": status}
    return Ticket(**{**known, "requester_id": 1, "organization_id": 3, **facts})


@pytest.mark.parametrize("template", [name for name in OF_TICKETS if name not in WITHOUT_WORDS])
def test_a_mail_names_the_files_of_its_message_with_their_sizes(template: str) -> None:
    files = (attachment(), attachment("лог <1>.txt", 1536))
    text, page = parts(template, attachments=files)
    assert "- boiler.jpg (3.0 MB)\n- лог <1>.txt (1.5 KB)\n" in text
    assert "<li>boiler.jpg (3.0 MB)</li>" in page
    assert "<li>лог &lt;1&gt;.txt (1.5 KB)</li>" in page


def test_a_message_without_files_says_nothing_of_files() -> None:
    assert not [said for said in parts(attachments=()) if "Files" in said]


@pytest.mark.threat("words for strangers")
def test_the_file_names_of_others_are_not_told_to_an_unproven_address() -> None:
    stranger = person(is_verified=False)
    assert not [said for said in parts(reader=stranger) if "boiler" in said]


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_an_answer_that_solves_a_ticket_says_so_and_asks_how_it_went(status: str) -> None:
    sentence = {
        "solved": "Sam answered on ticket REQ000007 and set it to solved.",
        "closed": "Sam answered on ticket REQ000007 and closed it.",
    }
    for said in parts(ticket=ticket(status), data={"solved": True}):
        assert sentence[status] in said
        assert RATING in said
        assert (OPEN_AGAIN in said) is (status == "solved")


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_a_ticket_that_is_solved_without_words_asks_how_it_went(status: str) -> None:
    sentence = {
        "solved": "Sam set ticket REQ000007 to solved.",
        "closed": "Sam closed ticket REQ000007.",
    }
    for said in parts("ticket_solved", ticket=ticket(status)):
        assert sentence[status] in said
        assert RATING in said
        assert (OPEN_AGAIN in said) is (status == "solved")


def test_who_may_not_rate_is_not_asked() -> None:
    viewer = person(organization_role="viewer")
    solved = {"ticket": ticket("solved"), "reader": viewer}
    for said in (*parts("ticket_solved", **solved), *parts(**solved, data={"solved": True})):
        assert "#rating" not in said


@pytest.mark.parametrize("facts", [{}, {"data": {"solved": True}}, {"ticket": ticket("solved")}])
def test_other_answers_ask_nothing(facts: dict[str, Any]) -> None:
    """One that solved nothing, one whose ticket was opened again, one before the solution."""
    for said in parts(**facts):
        assert "Sam answered on ticket REQ000007." in said
        assert "#rating" not in said and OPEN_AGAIN not in said


def test_a_receipt_promises_mails_to_who_gets_them() -> None:
    for comes, sentence in (
        (True, "You get a mail as soon as somebody answers."),
        (False, "Answers are on its page: mails about them are switched off."),
    ):
        for said in parts("ticket_filed", answers_come=comes):
            assert ("You get a mail" in said, "switched off" in said) == (comes, not comes)
            assert sentence in said


def earlier(*messages: str) -> tuple[EarlierComment, ...]:
    return tuple(
        EarlierComment(comment(message), person(first_name="Bob", last_name="Baker"))
        for message in messages
    )


@pytest.mark.parametrize("template", OF_TICKETS)
def test_earlier_messages_are_quoted_below_the_newest_first(template: str) -> None:
    text, page = parts(template, earlier=earlier("**two**\n\n> three", "one"))
    head = "On 29 Mar 2026, 10:30 UTC, Bob Baker wrote:"
    assert f"{head}\n> two\n>\n> > three\n\n{head}\n> one\n\n-- \n" in text
    assert page.count('<div class="lodge-quote"') == page.count(head) == 2
    assert page.index("two") < page.index("one</p>")
    assert re.search(r"<blockquote[^>]*><p[^>]*>one</p> ?</blockquote> </div>", page)


def test_without_earlier_messages_nothing_is_quoted() -> None:
    text, page = parts(earlier=())
    assert "wrote:" not in text and "> " not in text
    assert '<div class="lodge-quote' not in page


@pytest.mark.threat("words for strangers")
def test_nothing_is_quoted_to_an_unproven_address() -> None:
    stranger, staff = person(is_verified=False), person(id=2, first_name="Sam", role="staff")
    for said in parts(reader=stranger, author=staff, earlier=earlier("secret")):
        assert "secret" not in said


def test_what_is_quoted_has_a_bound() -> None:
    text, page = parts(earlier=earlier(*["word " * 2000] * 20))
    assert text.count("wrote:") == page.count("wrote:") == 5
    assert len(text) < MAX_TEXT + 2_000
    assert text.count("word…") == 5


def test_a_message_of_nothing_but_marks_is_read_as_it_was_typed() -> None:
    text, _page = parts(comment=comment("** __ ~~"))
    assert "\n** __ ~~\n" in text
