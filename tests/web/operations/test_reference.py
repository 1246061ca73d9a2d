"""`docs/settings.md` says what the code says."""

from portal.settings.registry import SETTINGS
from portal.web.operations import reference


def test_the_page_of_settings_and_keys_is_as_the_code_has_them() -> None:
    again = "python -m portal.web.operations.reference"
    assert reference.PAGE.read_text("utf-8") == reference.page(), f"write it anew: {again}"


def test_every_setting_of_a_page_is_in_it_and_explained() -> None:
    rows = {row.name: row.text for row in reference.explained()}
    assert set(SETTINGS) <= set(rows)
    assert all(rows.values())
