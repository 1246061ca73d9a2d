"""Settings: what the code reads is what `.env.example` explains."""

import re

from portal.config import ROOT
from portal.settings.registry import KEYS

# Ours, between our own processes; nobody sets them.
INTERNAL = {"LODGE_DEMO", "PROMETHEUS_MULTIPROC_DIR"}


def explained() -> set[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {match[1] for line in lines if (match := re.match(r"([A-Z][A-Z0-9_]*)=", line))}


def read() -> set[str]:
    sources = (
        "portal/config.py",
        "portal/setting_values.py",
        "portal/model_settings.py",
        "portal/storage_settings.py",
        "jobs/gunicorn.py",
    )
    code = "".join((ROOT / source).read_text() for source in sources)
    names = set(re.findall(r"""(?:env|environ|merged)\.get\(\s*["']([A-Z][A-Z0-9_]*)""", code))
    readers = "comma_separated|flag|integer|mailbox|one_of|required"
    names |= set(re.findall(rf'variables\.(?:{readers})\(\s*env, "([A-Z][A-Z0-9_]*)"', code))
    initial = {
        f"INITIAL_{who}_{what}"
        for who in ("ADMIN", "STAFF", "USER")
        for what in ("EMAIL", "PASSWORD")
    }
    return names - {"INITIAL"} | initial  # they are put together from their parts


def test_every_setting_is_explained_and_every_explanation_is_of_a_setting():
    left = {"FLASK_RUN_FROM_CLI"} | INTERNAL
    assert read() - left - explained() == set()
    assert explained() - read() == set()


def test_what_may_be_changed_on_pages_is_read_where_the_change_is_seen():
    read = re.compile(r"""config(?:\.get\(|\[)["'](\w+)["']""")
    wrong = {
        str(path.relative_to(ROOT)): names
        for folder in ("portal", "jobs")
        for path in (ROOT / folder).rglob("*.py")
        if (names := KEYS & set(read.findall(path.read_text())))
    }
    # What holds as long as nothing was chosen.
    assert set(wrong) == {"portal/web/templating/assets.py"}
