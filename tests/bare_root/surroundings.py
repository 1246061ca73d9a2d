"""What the guides expect around a desk: names, certificates, a mail server, a repository."""

import logging
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import smtp_sink
from tests.architecture.source import ROOT
from tests.bare_root import substitutions
from tests.bare_root.machine import HOSTNAME, Machine

_TRUSTED = "/usr/local/share/ca-certificates"


def prepare(root: Path) -> None:
    """Write names, certificates and the repository into a root that is not booted yet."""
    with (root / "etc/hosts").open("a") as hosts:
        hosts.write(f"\n127.0.0.1 {HOSTNAME} {substitutions.HOST} {substitutions.MAIL_HOST}\n")
    folder = root / _TRUSTED.lstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    certificates = root / substitutions.CERTIFICATE.lstrip("/")
    certificates.mkdir(parents=True)
    for name in (substitutions.HOST, substitutions.MAIL_HOST):
        # Signed by itself, and believed because it lies there.
        certificate, key = smtp_sink.certificate(folder, name)
        if name == substitutions.HOST:
            shutil.copy(certificate, certificates / "fullchain.pem")
            shutil.copy(key, certificates / "privkey.pem")
            caddys = root / "etc/caddy"
            caddys.mkdir()
            shutil.copyfile(certificate, caddys / "fullchain.pem")
            shutil.copyfile(key, caddys / "privkey.pem")
    origin = root / substitutions.ORIGIN.lstrip("/")
    _git("clone", "--quiet", "--bare", "--no-hardlinks", str(ROOT), str(origin))
    _git("-C", str(origin), "symbolic-ref", "HEAD", "refs/heads/main")
    _git("-C", str(origin), "update-ref", "refs/heads/main", _git("rev-parse", "HEAD"))


def trusted(root: Path) -> Path:
    """The certificate that a browser has to trust."""
    return root / f"{_TRUSTED}/{substitutions.HOST}.crt".lstrip("/")


def publish_newer(machine: Machine) -> str:
    """Commit a change of a page to the repository. Returns the text that the page then shows."""
    origin = machine.path(substitutions.ORIGIN)
    mark = "As of the next version"
    index = {"GIT_INDEX_FILE": str(machine.root.parent / "index")}
    _git("-C", str(origin), "read-tree", "main", **index)
    path = "templates/auth/login.html"
    page = _git("-C", str(origin), "show", f"main:{path}").replace(
        "{% block card %}", f"{{% block card %}}<p>{mark}</p>"
    )
    blob = _git("-C", str(origin), "hash-object", "-w", "--stdin", typed=page)
    _git("-C", str(origin), "update-index", "--cacheinfo", f"100644,{blob},{path}", **index)
    tree = _git("-C", str(origin), "write-tree", **index)
    who = {
        f"GIT_{role}_{what}": "a@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    commit = _git("-C", str(origin), "commit-tree", tree, "-p", "main", "-m", "A newer one", **who)
    _git("-C", str(origin), "update-ref", "refs/heads/main", commit)
    return mark


@contextmanager
def mail_server(root: Path) -> Iterator[smtp_sink.Sink]:
    """The server of the guide's MAIL_URL, with STARTTLS and the guide's password."""
    # It warns of a name that the tests' server asks for.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate = root / f"{_TRUSTED}/{substitutions.MAIL_HOST}".lstrip("/")
    context.load_cert_chain(f"{certificate}.crt", f"{certificate}.key")
    with smtp_sink.sink(
        user="user", password="password", port=587, tls_context=context, require_starttls=True
    ) as server:
        yield server


def _git(*words: str, typed: str | None = None, **environment: str) -> str:
    import os

    return subprocess.run(
        ["git", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=typed,
        text=True,
        check=True,
        capture_output=True,
    ).stdout.strip()
