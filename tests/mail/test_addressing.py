"""From whom a mail comes, where its replies go, and which conversation it belongs to."""

from typing import Any

import pytest

from portal.mail.messages import compose
from portal.models.inbound import Mailbox
from tests.mail.outgoing import desk, outgoing_mail, part, person, received

DESK = desk()
ROOT = "<lodge.REQ000007@help.example.com>"


def mailbox(**facts: Any) -> Mailbox:
    """That of the bills, which takes addresses with a plus."""
    known = {"address": "bills@example.net", "name": "Acme Bills", "signature": ""}
    return Mailbox(**{**known, "takes_plus": True, **facts})


def of(box: Mailbox, **facts: Any) -> dict[str, Any]:
    """The options of a mail about a ticket that has that mailbox."""
    return {"mailbox": box, "reply_mailbox": box, **facts}


def test_a_mail_comes_from_the_mailbox_of_its_ticket() -> None:
    message = compose(outgoing_mail("reply", **of(mailbox())), DESK)
    assert received(message)["From"] == "Acme Bills <bills@example.net>"
    assert message.sender == "bills@example.net"
    assert message.has_own_sender
    assert not compose(outgoing_mail("reply"), DESK).has_own_sender


def test_a_mailbox_without_a_name_has_the_desks() -> None:
    message = compose(outgoing_mail("reply", **of(mailbox(name=""))), DESK)
    assert received(message)["From"] == "Acme Support <bills@example.net>"


def test_replies_go_to_the_address_that_was_signed_for_the_reader() -> None:
    read = received(compose(outgoing_mail("reply", **of(mailbox())), DESK))
    assert read["Reply-To"] == "Acme Bills <bills+t.7-1@example.net>"
    assert "Reply to this mail, or answer on the ticket's page." in part(read)


@pytest.mark.parametrize("facts", [{"takes_plus": False}, {"address": f"{'b' * 60}@example.net"}])
def test_replies_go_to_the_mailbox_where_a_signed_address_would_not_arrive(
    facts: dict[str, Any],
) -> None:
    box = mailbox(**facts)
    read = received(compose(outgoing_mail("reply", **of(box)), DESK))
    assert read["Reply-To"] == f"Acme Bills <{box.address}>"


def test_replies_go_to_the_default_mailbox_of_a_ticket_without_one() -> None:
    default = mailbox(address="support@example.com", name="")
    read = received(compose(outgoing_mail("reply", reply_mailbox=default), DESK))
    assert read["From"] == "Acme Support <support@example.com>"
    assert read["Reply-To"] == "support+t.7-1@example.com"


def test_who_may_not_answer_is_told_of_no_reply() -> None:
    mail = outgoing_mail("reply", **of(mailbox(), may_answer=False))
    assert "Reply to this mail" not in part(compose(mail, DESK))


def test_staff_are_told_that_a_reply_is_an_answer() -> None:
    staff = person(id=2, role="staff")
    said = "A reply to this mail goes to the customer as your answer."
    assert said in part(compose(outgoing_mail("assigned", **of(mailbox(), reader=staff)), DESK))
    unsigned = of(mailbox(takes_plus=False), reader=staff)
    assert said not in part(compose(outgoing_mail("assigned", **unsigned), DESK))


@pytest.mark.threat("notes and secrets shown")
def test_a_reply_about_a_note_has_no_signed_address() -> None:
    staff = person(id=2, role="staff")
    read = received(compose(outgoing_mail("mentioned", **of(mailbox(), reader=staff)), DESK))
    assert read["Reply-To"] == "Acme Bills <bills@example.net>"


def test_the_staff_mailbox_is_nobody_who_could_prove_anything() -> None:
    read = received(
        compose(outgoing_mail("ticket_filed_staff", **of(mailbox(), reader=None)), DESK)
    )
    assert read["Reply-To"] == "Acme Bills <bills@example.net>"


def test_a_mail_answers_the_last_one_and_belongs_to_all() -> None:
    ids = ("<first@mail.example.com>", "<lodge.00ff@help.example.com>")
    read = received(compose(outgoing_mail("reply", earlier_ids=ids), DESK))
    assert read["In-Reply-To"] == ids[-1]
    assert str(read["References"]).split() == [ROOT, *ids]


def test_the_first_mail_of_a_ticket_answers_the_ticket() -> None:
    read = received(compose(outgoing_mail("ticket_filed"), DESK))
    assert (read["In-Reply-To"], read["References"]) == (ROOT, ROOT)


def test_long_message_ids_leave_no_line_too_long() -> None:
    ids = tuple(f"<{str(number) * 190}@mail.example.com>" for number in range(9))
    read = received(compose(outgoing_mail("reply", earlier_ids=ids), DESK))
    assert str(read["References"]).split() == [ROOT, *ids]


def test_the_signature_of_the_mailbox_stands_below_an_answer_of_staff() -> None:
    sam = person(id=2, role="staff", first_name="Sam", last_name="")
    box = mailbox(signature="Acme <Bills>\r\nMon–Fri 9–17")
    message = compose(outgoing_mail("reply", **of(box, author=sam)), DESK)
    assert "The **boiler** is cold.".replace("*", "") in part(message)
    assert "\n\nAcme <Bills>\nMon–Fri 9–17\n---" in part(message)
    assert "Acme &lt;Bills&gt;\nMon–Fri 9–17</p>" in part(message, "html")


@pytest.mark.parametrize("template", ["customer_reply", "ticket_filed", "ticket_solved"])
def test_no_signature_stands_below_what_staff_have_not_written(template: str) -> None:
    sam = person(id=2, role="staff", first_name="Sam", last_name="")
    box = mailbox(signature="Acme Bills, Mon–Fri 9–17")
    facts = of(box, author=sam)
    assert "9–17" not in part(compose(outgoing_mail(template, **facts), DESK))
    ann = {**facts, "author": person()}
    assert "9–17" not in part(compose(outgoing_mail("reply", **ann), DESK))


def test_the_receipt_of_a_mail_says_that_it_answers_it() -> None:
    receipt = outgoing_mail("ticket_filed")
    assert received(compose(receipt, DESK))["Auto-Submitted"] == "auto-generated"
    assert receipt.ticket is not None
    receipt.ticket.channel = "mail"
    assert received(compose(receipt, DESK))["Auto-Submitted"] == "auto-replied"
