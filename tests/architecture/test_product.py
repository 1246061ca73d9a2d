"""A desk with a name, a logo and a colour of its own shows them, and ours nowhere."""

import re
from collections.abc import Iterator

import pytest
from markupsafe import escape

from portal.security.people import passkeys, totp
from tests.architecture.matrix import ask
from tests.architecture.matrix.walk import Walk, where
from tests.databases import AnotherDatabase

pytestmark = pytest.mark.databases("sqlite")
NAME = "Birch & Tide <help>"
LOGO = "static/img/favicon.svg"
API_PAGES = ("/api/docs", "/api/redoc", "/api/v1/openapi.json")


@pytest.fixture(scope="module")
def walk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Walk]:
    settings = {"PRODUCT_NAME": NAME, "PRODUCT_LOGO": LOGO, "PRODUCT_ACCENT": "#fd0"}
    with (
        migrated_database() as empty,
        ask.desk(queue_url, empty.url, **settings) as made,
    ):
        yield Walk(*made)


@pytest.mark.parametrize("role", ["signed-out", "owner", "admin"])
def test_every_page_carries_the_desks_name_and_never_ours(walk: Walk, role: str) -> None:
    seen, wrong = 0, []
    for question in walk.safe():
        answer = walk.send(role, question)
        if answer.mimetype != "text/html" or answer.status_code >= 300:
            continue
        whole = "<title>" in answer.text
        seen += whole
        # The staff's own organization is called so in every cast.
        text = answer.text.replace("Lodge desk", "")
        if "Lodge" in text or (whole and str(escape(NAME)) not in text):
            wrong.append(where(question))
    assert not wrong
    assert seen > 5


@pytest.mark.parametrize("address", API_PAGES)
def test_the_reference_of_the_api_carries_it_too(walk: Walk, address: str) -> None:
    answer = walk.world.browsers["signed-out"].http.get(address)
    assert answer.status_code == 200
    shown = answer.json["info"]["title"] if answer.is_json else answer.text
    assert NAME in shown if answer.is_json else str(escape(NAME)) in shown
    assert "Lodge" not in answer.text


def test_errors_carry_it_too(walk: Walk) -> None:
    page = walk.world.browsers["signed-out"].http.get("/nowhere").text
    assert str(escape(NAME)) in page
    assert "Lodge" not in page


def test_apps_for_codes_and_passkeys_list_it(walk: Walk) -> None:
    with walk.world.app.app_context():
        assert "issuer=Birch%20%26%20Tide" in totp.provisioning_uri(
            totp.new_secret(), "ann@example.com"
        )
        assert passkeys.setting("PRODUCT").name == NAME


def test_colours_and_logo_are_files_of_our_own(walk: Walk) -> None:
    browser = walk.world.browsers["signed-out"].http
    page = browser.get("/auth/login").text
    sheet = re.search(r'href="(/static/css/product\.[0-9a-f]{12}\.css)"', page)
    logo = re.search(r'src="(/static/img/logo\.[0-9a-f]{12}\.svg)"', page)
    icon = re.search(r'rel="icon" href="(/static/img/favicon\.[0-9a-f]{12}\.svg)"', page)
    assert sheet
    assert logo
    assert icon
    assert "--accent: light-dark(#" in browser.get(sheet[1]).text
    assert "style-src 'self'" in browser.get("/auth/login").headers["Content-Security-Policy"]
    shown = browser.get(logo[1])
    assert shown.mimetype == "image/svg+xml"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "data:image/svg+xml;base64," in browser.get(icon[1]).text
    assert browser.get("/favicon.ico").data == browser.get(icon[1]).data
