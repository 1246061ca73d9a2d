"""This machine's settings for apt and pip, so that the bare root can install what it has to.

They are read when they are needed: no address of any of them stands here.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OWN_AUTHORITIES = Path("/usr/local/share/ca-certificates")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def mirror(release: str) -> list[str]:
    """Where this machine has Debian's `release` from; nothing when it has another one."""
    return [site for site, name, _ in _targets() if name == release][:1]


def debian_proxies() -> dict[str, str]:
    """The proxy for apt, as the programs take it that are not apt."""
    found = re.search(r'^Acquire::http::Proxy "(.+)";$', _apt_acquire(), re.M)
    return {"http_proxy": found[1]} if found else {}


def session() -> dict[str, str]:
    """The environment of root's session there."""
    named = {name: os.environ[name] for name in _PROXIES if name in os.environ}
    usual = {"PATH": ROOT_PATH, "HOME": "/root", "USER": "root", "LOGNAME": "root"}
    return {**named, **usual, "LANG": "C.UTF-8", "TERM": "dumb"}


def package_folders() -> list[str]:
    """Folders on this machine that its pip looks into."""
    words = [word for value in _pip().values() for word in value.split()]
    # What an index names lies beside it.
    indexes = [Path(word[7:]).parent for word in words if word.startswith("file://")]
    found = [Path(word) for word in words if word.startswith("/")] + indexes
    return sorted({str(path) for path in found if path.is_dir()})


def give(root: Path, release: str) -> None:
    """Write them into the bare root."""
    lines = [f"deb {site} {name} {part}\n" for site, name, part in _targets() if release in name]
    if lines:
        (root / "etc/apt/sources.list").write_text("".join(dict.fromkeys(lines)))
    (root / "etc/apt/apt.conf.d/90-from-outside").write_text(_apt_acquire())
    (root / "etc/pip.conf").write_text(
        "[global]\n" + "".join(f"{name} = {value}\n" for name, value in _pip().items())
    )
    for value in _pip().values():
        if (file := Path(value)).is_absolute() and file.is_file():
            _copy(file, root)
    for file in (Path("/etc/hosts"), *_OWN_AUTHORITIES.glob("*.crt")):
        _copy(file, root)


def _copy(file: Path, root: Path) -> None:
    place = root / str(file).lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)


def _targets() -> list[tuple[str, str, str]]:
    """Site, release and component of all that apt reads, of Debian alone."""
    line = "$(SITE) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", line, "Created-By: Packages"]
    said = subprocess.check_output(command, text=True)
    targets = [tuple(line.split()) for line in said.splitlines()]
    return [(site, name, part) for site, name, part in targets if "/debian" in site]


def _apt_acquire() -> str:
    """Proxies and the like."""
    said = subprocess.check_output(["apt-config", "dump", "Acquire"], text=True)
    return "".join(f"{line}\n" for line in said.splitlines() if re.search(r"(?i)::proxy", line))


def _pip() -> dict[str, str]:
    """Its settings for everything, from files and the environment alike."""
    said = subprocess.check_output([sys.executable, "-m", "pip", "config", "list"], text=True)
    found = re.findall(r"^(?:global|:env:)\.([a-z-]+)='(.*)'$", said, re.M)
    return {name: value for name, value in found if value}
