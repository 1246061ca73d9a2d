"""What a mail says and how: languages, links, headers, and texts that mean no good."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail.conversation import MAX_TEXT
from portal.mail.messages import compose
from portal.product import Product, read_accent
from tests.mail.outgoing import (
    OF_ACCOUNTS,
    TEMPLATES,
    WITHOUT_WORDS,
    comment,
    desk,
    outgoing_mail,
    part,
    person,
    received,
)

DESK = desk()
OF_TICKETS = [name for name in TEMPLATES if name not in OF_ACCOUNTS]
NASTY = ["Hi\r\nBcc: eve@example.com", "a\nb", "a\rb", "nul\x00", "\ud800lone", "\u2028line", ""]


class Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"href", "src"}]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_has_a_subject_a_text_and_a_page(template: str) -> None:
    read = received(compose(outgoing_mail(template), DESK))
    assert read["Subject"]
    assert "\n" not in read["Subject"]
    assert part(read).strip()
    assert "<html" in part(read, "html")
    assert [str(p.get_content_type()) for p in read.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("template", OF_TICKETS)
def test_mails_about_a_ticket_name_it_and_lead_to_it(template: str) -> None:
    read = received(compose(outgoing_mail(template), DESK))
    link = "https://help.example.com/tickets/REQ000007"
    assert "[REQ000007]" in read["Subject"]
    assert "No hot water" in read["Subject"]
    assert link in part(read)
    assert link in Links(part(read, "html")).found


@pytest.mark.parametrize("template", [name for name in OF_TICKETS if name not in WITHOUT_WORDS])
def test_what_was_written_is_in_both_parts(template: str) -> None:
    read = received(compose(outgoing_mail(template), DESK))
    assert "The boiler is cold." in part(read)
    assert "The <strong>boiler</strong> is cold." in part(read, "html")


@pytest.mark.threat("foreign host names")
def test_every_link_of_ours_begins_with_the_base_url() -> None:
    for template in TEMPLATES:
        html = part(compose(outgoing_mail(template), DESK), "html")
        assert all(link.startswith("https://help.example.com/") for link in Links(html).found)


def test_who_tried_to_register_again_is_sent_to_the_sign_in() -> None:
    read = received(compose(outgoing_mail("already_registered"), DESK))
    assert "https://help.example.com/auth/login" in part(read)
    assert "https://help.example.com/auth/forgot" in part(read)
    assert read["In-Reply-To"] is None


@pytest.mark.parametrize("template", ["ticket_filed", "reply", "ticket_solved"])
def test_whoever_has_no_password_yet_is_shown_the_way_to_one(template: str) -> None:
    way = "https://help.example.com/auth/forgot"
    opened, unopened = (
        compose(outgoing_mail(template, reader=person(password_hash=stored)), desk())
        for stored in ("a hash", None)
    )
    for kind in ("plain", "html"):
        assert way in part(unopened, kind)
        assert way not in part(opened, kind)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_desk_with_a_name_and_colour_of_its_own_mails_under_it(template: str) -> None:
    product = Product("Birch & Tide", accent=read_accent("#7a1fa2"))
    own = desk(mail_from="help@example.com", product=product)
    read = received(compose(outgoing_mail(template), own))
    assert read["From"] == "Birch & Tide <help@example.com>"
    assert "Birch & Tide" in part(read)
    assert "Birch &amp; Tide" in part(read, "html")
    assert "background-color: #7a1fa2" in part(read, "html")
    assert "Lodge" not in f"{read['Subject']}{part(read)}{part(read, 'html')}"


def test_a_name_in_the_address_of_the_sender_comes_first() -> None:
    read = received(compose(outgoing_mail("reply"), desk(product=Product("Birch"))))
    assert read["From"] == "Acme Support <support@example.com>"
    assert "Birch" not in part(read)


def test_headers() -> None:
    read = received(compose(outgoing_mail("reply"), DESK))
    assert read["Message-ID"] == "<lodge.0123456789abcdef@help.example.com>"
    assert read["From"] == "Acme Support <support@example.com>"
    assert read["To"] == "ann@example.com"
    assert read["Reply-To"] == "support@example.com"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert read["Date"] == "Sun, 29 Mar 2026 10:30:00 +0000"


def test_all_mails_of_a_ticket_are_one_thread() -> None:
    threads = {
        (read["In-Reply-To"], read["References"])
        for read in (received(compose(outgoing_mail(name), DESK)) for name in OF_TICKETS)
    }
    assert threads == {("<lodge.REQ000007@help.example.com>",) * 2}


def test_a_mail_goes_to_the_address_that_the_reader_has_now() -> None:
    moved = person(email="ann@elsewhere.example.com")
    message = compose(outgoing_mail("reply", reader=moved), DESK)
    assert message.recipient == received(message)["To"] == "ann@elsewhere.example.com"


def test_the_staff_mailbox_has_no_account() -> None:
    message = compose(outgoing_mail("ticket_filed_staff", reader=None), DESK)
    assert received(message)["To"] == "ann@example.com"
    assert "Sam" in part(message)


def test_times_are_those_of_the_readers_zone() -> None:
    moscow = person(timezone="Europe/Moscow")
    assert "13:30 +0300" in part(compose(outgoing_mail("reply", reader=moscow), DESK))
    assert "10:30 UTC" in part(compose(outgoing_mail("reply"), DESK))


def test_the_page_says_in_which_language_it_is() -> None:
    russian = person(locale="ru")
    assert '<html lang="ru">' in part(compose(outgoing_mail("reply", reader=russian), DESK), "html")
    unknown = person(locale="xx", timezone="Nowhere/Land")
    assert '<html lang="en">' in part(compose(outgoing_mail("reply", reader=unknown), DESK), "html")


def test_styles_are_in_the_tags_and_dark_ones_stay() -> None:
    html = part(compose(outgoing_mail("reply"), DESK), "html")
    assert "prefers-color-scheme: dark" in html
    assert re.search(r'<a [^>]*style="[^"]*background-color', html)
    assert "<link" not in html


@pytest.mark.threat("scripts in text")
def test_what_people_typed_is_escaped_in_the_page() -> None:
    hostile = '<script>alert("x")</script>&'
    author = person(first_name=hostile, last_name="")
    html = part(compose(outgoing_mail("reply", subject=hostile, author=author), DESK), "html")
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 2


def test_what_people_typed_is_not_escaped_in_the_text() -> None:
    text = part(compose(outgoing_mail("reply", comment=comment("a < b & c")), DESK))
    assert "a < b & c" in text


def test_percent_signs_are_only_signs() -> None:
    author = person(first_name="100%", last_name="%(name)s")
    assert "100% %(name)s answered" in part(compose(outgoing_mail("reply", author=author), DESK))


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize("text", NASTY, ids=ascii)
@pytest.mark.parametrize("template", OF_TICKETS)
def test_no_text_breaks_a_header(template: str, text: str) -> None:
    author = person(first_name=text, last_name=text)
    nasty = outgoing_mail(
        template, subject=text, author=author, comment=comment(text, f"<p>{text}</p>")
    )
    read = received(compose(nasty, DESK))
    assert read["Bcc"] is None
    assert read["To"] == "ann@example.com"
    assert "REQ000007" in read["Subject"]


@pytest.mark.threat("headers made of text")
def test_a_subject_cannot_turn_the_reading_direction() -> None:
    read = received(compose(outgoing_mail("reply", subject="invoice \u202efdp.exe"), DESK))
    assert read["Subject"] == "Re: [REQ000007] invoice fdp.exe"


def test_a_message_that_is_very_long_is_cut_and_says_so() -> None:
    long = comment("word " * MAX_TEXT, "<p>" + "word " * MAX_TEXT + "</p>")
    read = received(compose(outgoing_mail("reply", comment=long), DESK))
    assert len(read.as_bytes()) < 150_000
    for kind in ("plain", "html"):
        assert "The rest is on the ticket" in part(read, kind)


def test_a_long_page_of_a_short_message_gives_way_to_the_text() -> None:
    heavy = comment("short & sweet", "<p>" + "<b></b>" * 20_000 + "short &amp; sweet</p>")
    html = part(compose(outgoing_mail("reply", comment=heavy), DESK), "html")
    assert "short &amp; sweet" in html


def test_only_seven_bit_bytes_leave_the_house() -> None:
    cyrillic = outgoing_mail(
        "reply", subject="Нет воды", comment=comment("Нет воды", "<p>Нет воды</p>")
    )
    data = compose(cyrillic, DESK).data
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998


@settings(max_examples=60)
@given(
    subject=st.text(max_size=250),
    name=st.text(max_size=100),
    message=st.text(max_size=300),
)
def test_whatever_people_type_a_mail_can_be_sent_and_read(
    subject: str, name: str, message: str
) -> None:
    author = person(first_name=name, last_name="")
    said = comment(message, "<p>said</p>")
    read = received(
        compose(outgoing_mail("reply", subject=subject, author=author, comment=said), DESK)
    )
    assert set(read.keys()) == {
        "Date", "Message-ID", "From", "To", "Reply-To", "In-Reply-To", "References",
        "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "X-Auto-Response-Suppress",
        "Subject", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_who_is_not_known_any_more_is_written_to_in_the_language_left_behind() -> None:
    english, russian = (
        part(
            compose(outgoing_mail("account_deleted", reader=None, data={"locale": locale}), DESK),
            "html",
        )
        for locale in ("en", "ru")
    )
    assert 'lang="en"' in english
    assert 'lang="ru"' in russian


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_can_be_declined_is_declined_by_a_press_in_the_mail_program(template: str) -> None:
    reader = person(role="staff")
    read = received(compose(outgoing_mail(template, reader=reader), DESK))
    name = {"ticket_solved": "reply"}.get(template, template)
    if name in {"reply", "customer_reply", "assigned", "mentioned"}:
        link = f"<https://help.example.com/auth/mails/{name}-1>"
    elif template == "statistics_report":
        link = "<https://help.example.com/auth/reports/report-12>"
    else:
        assert read["List-Unsubscribe"] is read["List-Unsubscribe-Post"] is None
        return
    assert read["List-Unsubscribe"] == link
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_nobody_declines_for_the_staff_mailbox() -> None:
    read = received(compose(outgoing_mail("customer_reply", reader=None), DESK))
    assert read["List-Unsubscribe"] is None
