"""What the deploy guide tells to write into files is well-formed and does what it says."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import pytest

from tests import guide
from tests.architecture.source import ROOT
from tests.bare_root import following, substitutions

UNITS = Path("/etc/systemd/system")
COMMON = UNITS / "lodge-.service.d/common.conf"
SERVICES = (
    "lodge-web.service",
    "lodge-worker@.service",
    "lodge-inbound.service",
    "lodge-mailboxes.service",
    "lodge-streams.service",
)


def directives(path: Path) -> dict[str, list[str]]:
    """Names and values of a unit; a name may stand several times."""
    found: dict[str, list[str]] = {}
    for line in guide.file(str(path)).splitlines():
        if (match := re.fullmatch(r"(\w+)=(.*)", line)) is not None:
            found.setdefault(match[1], []).append(match[2])
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the units in it."""
    for block in guide.blocks():
        if block.file.startswith(str(UNITS)):
            path = tmp_path / block.file.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    return tmp_path


@pytest.mark.parametrize("unit", [name.replace("@.", "@1.") for name in SERVICES])
def test_the_units_may_do_little(root: Path, unit: str) -> None:
    program = shutil.which("systemd-analyze")
    assert program is not None, "apt-get install systemd"
    command = [program, "security", "--offline=true", f"--root={root}", "--no-pager", unit]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert exposure is not None
    assert float(exposure[1]) <= 2


def test_the_units_start_programs_of_the_environment_alone() -> None:
    programs = [
        command.split()[0]
        for unit in (*(UNITS / name for name in SERVICES), COMMON)
        for name, commands in directives(unit).items()
        if name.startswith("Exec")
        for command in commands
    ]
    assert programs
    assert all(name.startswith("/srv/lodge/app/.venv/") for name in programs)


def test_no_service_removes_the_folder_of_the_socket() -> None:
    for unit in (*(UNITS / name for name in SERVICES), COMMON):
        assert "RuntimeDirectory" not in directives(unit)


@pytest.mark.parametrize("name", ["lodge-web.socket", "lodge-streams.socket"])
def test_the_socket_is_for_the_proxy_s_group_alone(name: str) -> None:
    unit = directives(UNITS / name)
    assert unit["SocketMode"] == ["0660"]
    assert unit["SocketGroup"] == ["www-data"]
    for proxy in ("/etc/nginx/conf.d/lodge.conf", "/etc/caddy/Caddyfile"):
        assert unit["ListenStream"][0] in guide.file(proxy)


def test_the_process_of_streams_listens_where_its_socket_is() -> None:
    [place] = directives(UNITS / "lodge-streams.socket")["ListenStream"]
    assert f"STREAMS_LISTEN=unix:{place}" in guide.GUIDE.read_text("utf-8")


def test_the_socket_for_mail_is_for_the_mail_server_s_group_alone() -> None:
    unit = directives(UNITS / "lodge-inbound.socket")
    assert (unit["SocketMode"], unit["SocketGroup"]) == (["0660"], ["postfix"])
    [place] = unit["ListenStream"]
    text = guide.GUIDE.read_text("utf-8")
    assert f"INBOUND_URL=lmtp+unix://{place}" in text
    assert f"virtual_transport=lmtp:unix:{place}" in text


def test_proxies_end_idle_connections_before_lodge_does() -> None:
    waits = [int(n) for n in re.findall(r"keepalive (\d+)s", guide.file("/etc/caddy/Caddyfile"))]
    # nginx's own: keepalive_timeout in upstream is 60 seconds, and nothing here changes it.
    assert "keepalive_timeout" not in guide.file("/etc/nginx/conf.d/lodge.conf")
    assert len(waits) == 1
    [ours] = re.findall(r"^keepalive = (\d+)$", (ROOT / "jobs" / "gunicorn.py").read_text(), re.M)
    assert max(60, *waits) < int(ours)


def test_caddy_waits_for_20_mb_at_200_kb_a_second() -> None:
    [minutes] = re.findall(r"read_body (\d+)m", guide.file("/etc/caddy/Caddyfile"))
    assert int(minutes) * 60 > 2 * (20 * 1024 * 1024 / 200_000)


def test_the_environment_has_no_comment_behind_a_value() -> None:
    text = guide.file("/srv/lodge/app/.env")
    assert not [line for line in text.splitlines() if "=" in line and " #" in line]
    ConfigParser(interpolation=None).read_string(
        "[env]\n" + "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    )


def test_a_restore_begins_where_no_visitor_can_start_the_web_server() -> None:
    [lines] = [
        block.text.splitlines()
        for block in guide.blocks(guide.OPERATING)
        if " restore " in block.text
    ]
    assert "lodge-web.socket" in lines[0].split()
    assert lines[0].startswith("systemctl stop ")
    assert "lodge-web.socket" in lines[-1].split()
    assert lines[-1].startswith("systemctl start ")


@pytest.mark.parametrize("page", [guide.GUIDE, guide.OPERATING], ids=lambda page: page.name)
def test_who_follows_the_guides_knows_what_to_do_with_each_block(page: Path) -> None:
    assert guide.blocks(page)
    assert len(re.findall(r"^ *```", page.read_text(), re.M)) == 2 * len(guide.blocks(page))
    for block in guide.blocks(page):
        assert following.is_known(block), block


def test_the_story_of_the_guides_can_be_loaded() -> None:
    assert import_module("tests.bare_root.__main__").main


def test_what_is_replaced_stands_in_the_guides() -> None:
    blocks = [block for page in (guide.GUIDE, guide.OPERATING) for block in guide.blocks(page)]
    for change in substitutions.CHANGES:
        assert [b for b in blocks if change.where in {b.file, b.language} and change.old in b.text]
    assert set(substitutions.LATER) <= {block.heading for block in blocks}
    assert set(substitutions.READ) <= {block.text.splitlines()[0] for block in blocks}
    assert set(substitutions.APPENDED) <= {block.file for block in blocks}
    for line in (*substitutions.NOT_TYPED, *substitutions.OUTWARD, substitutions.LOOKS):
        assert [block for block in blocks if line in block.text], line
