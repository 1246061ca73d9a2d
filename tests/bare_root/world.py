"""What a desk finds around it: names, certificates, a mail server, a repository to clone."""

import logging
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import smtp_sink
from tests.architecture.source import ROOT
from tests.bare_root import table
from tests.bare_root.machine import HOSTNAME, Machine

_TRUSTED = "/usr/local/share/ca-certificates"


def prepare(root: Path) -> None:
    """Names, certificates for them, and the repository, in a root that does not run yet."""
    with (root / "etc/hosts").open("a") as hosts:
        hosts.write(f"\n127.0.0.1 {HOSTNAME} {table.HOST} {table.MAIL_HOST}\n")
    folder = root / _TRUSTED.lstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    certificates = root / table.CERTIFICATE.lstrip("/")
    certificates.mkdir(parents=True)
    for name in (table.HOST, table.MAIL_HOST):
        # Signed by itself, and believed because it lies there.
        certificate, key = smtp_sink.certificate(folder, name)
        if name == table.HOST:
            shutil.copy(certificate, certificates / "fullchain.pem")
            shutil.copy(key, certificates / "privkey.pem")
            caddys = root / "etc/caddy"
            caddys.mkdir()
            shutil.copyfile(certificate, caddys / "fullchain.pem")
            shutil.copyfile(key, caddys / "privkey.pem")
    origin = root / table.ORIGIN.lstrip("/")
    _git("clone", "--quiet", "--bare", "--no-hardlinks", str(ROOT), str(origin))
    _git("-C", str(origin), "symbolic-ref", "HEAD", "refs/heads/main")
    _git("-C", str(origin), "update-ref", "refs/heads/main", _git("rev-parse", "HEAD"))


def trusted(root: Path) -> Path:
    """What a browser believes."""
    return root / f"{_TRUSTED}/{table.HOST}.crt".lstrip("/")


def publish_newer(machine: Machine) -> str:
    """A newer commit in the repository, which changes what a page says. Answers what it says."""
    origin = machine.path(table.ORIGIN)
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
    """Where the guide's MAIL_URL points to: with TLS, for whoever has the guide's password."""
    # It warns of a name that the tests' server asks for.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate = root / f"{_TRUSTED}/{table.MAIL_HOST}".lstrip("/")
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
