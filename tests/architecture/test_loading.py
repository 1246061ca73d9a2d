"""What a process loads before it does anything: each module costs every process its memory."""

import subprocess
import sys

from tests.architecture.source import ROOT
from tests.waiting import PATIENCE

_LOADED = "import sys; {}; print(*sorted(sys.modules))"


def loaded(statement: str) -> set[str]:
    """The modules of a fresh process after `statement`."""
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED.format(statement)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return set(ended.stdout.split())


def test_the_supervisor_loads_of_the_portal_the_settings_alone() -> None:
    names = loaded("import jobs.supervisor")
    ours = {name for name in names if name.startswith("portal")}
    settings = {"config", "database_url", "errors", "installation", "path_urls", "setting_values"}
    settings |= {"inbound_url", "product", "storage_settings", "variables"}
    settings |= {"model_settings"}
    addresses = {"security", "security.smtp_addresses"}
    ours -= {name for name in ours if name.startswith("portal.errors.")}
    assert ours == {"portal"} | {f"portal.{name}" for name in settings | addresses}
    assert not names & {"flask", "sqlalchemy", "redis", "rq", "ssl", "email_validator", "idna"}


def test_a_server_process_does_not_load_what_it_may_never_need() -> None:
    heavy = {
        "alembic",
        "cryptography.fernet",
        "css_inline",
        "joserfc",
        "phonenumbers",
        "psycopg",
        "segno",
        "sentry_sdk",
        "snowballstemmer",
        "unittest",
        "webauthn",
        "zxcvbn_rs_py",
    }
    assert not heavy & loaded("import portal.assembly")
