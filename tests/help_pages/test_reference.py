"""What the guide says of settings, keys and searches is what the code says."""

import re

from portal.help_pages import reference
from portal.help_pages.library import FOLDER
from portal.i18n import LOCALES
from portal.settings.registry import SETTINGS

AGAIN = "write it anew: python -m portal.help_pages.reference"


def test_tables_and_the_list_of_pages_are_as_the_code_has_them() -> None:
    for path, text in reference.files().items():
        assert (FOLDER / path).read_text("utf-8") == text, f"{path}: {AGAIN}"


def test_every_setting_is_explained_in_each_language() -> None:
    names = {row.name for row in reference.explained()}
    assert set(SETTINGS) <= names
    for locale in LOCALES:
        text = (FOLDER / locale / "operators" / "settings.md").read_text("utf-8")
        rows = dict(re.findall(r"^\| `(\w+)` .*\| (.*) \|$", text, re.MULTILINE))
        assert set(rows) == names
        unexplained = [name for name, said in rows.items() if not said.strip()]
        assert not unexplained, f"say in docs/guide/{locale}/operators/settings.md what they do"
