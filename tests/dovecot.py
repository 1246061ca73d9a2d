"""Dovecot on loopback: a real IMAP server, each user's mail in a folder of its own.

Any user may sign in with PASSWORD, or with a token that the server at `introspection` knows.
"""

import grp
import os
import pwd
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imapclient import IMAPClient

from tests.servers import free_port, running, short_folder, wait
from tests.waiting import PATIENCE

PASSWORD = "open-sesame"
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
ssl = {ssl}
{certificate}
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mailbox_list_index = no
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
_OAUTH = """
introspection_url = {introspection}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""


class Dovecot:
    """Where it listens. `tls_port` is 0 without a certificate."""

    def __init__(self, folder: Path, port: int, tls_port: int) -> None:
        self.folder, self.port, self.tls_port = folder, port, tls_port
        self.pid = 0

    def kill(self) -> None:
        """Kill it and all that it has started."""
        os.kill(self.pid, signal.SIGSTOP)  # it would start others in their place
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError):
                if f"PPid:\t{self.pid}\n" in status.read_text():
                    os.kill(int(status.parent.name), signal.SIGKILL)
        os.kill(self.pid, signal.SIGKILL)

    def sign_in(self, user: str) -> IMAPClient:
        """A client of the test's own."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=PATIENCE)
        client.login(user, PASSWORD)
        return client

    def deliver(self, user: str, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into the user's folder, unread."""
        with self.sign_in(user) as client:
            for raw in mails:
                client.append(folder, raw)

    def flags(self, user: str, folder: str = "INBOX") -> list[tuple[bytes, ...]]:
        """Flags of each mail in the folder, the oldest first."""
        with self.sign_in(user) as client:
            client.select_folder(folder, readonly=True)
            return [flags for _uid, flags in sorted(client.get_flags(client.search()).items())]

    def replace(self, user: str, folder: str, *mails: bytes) -> None:
        """Make the folder anew with these mails: it has another UIDVALIDITY then."""
        with self.sign_in(user) as client:
            if client.folder_exists(folder):
                client.delete_folder(folder)
            client.create_folder(folder)
        self.deliver(user, *mails, folder=folder)


@contextmanager
def dovecot(
    *,
    introspection: str = "http://127.0.0.1:9/",
    certificate: tuple[Path, Path] | None = None,
    keep: Path | None = None,
    port: int = 0,
) -> Iterator[Dovecot]:
    """A running server. `keep` is a folder in which the mail stays for the next one."""
    binary = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if binary is None:
        raise RuntimeError("no Dovecot: apt-get install dovecot-imapd")
    with short_folder("dovecot") as made:
        folder = keep or made
        server = Dovecot(folder, port or free_port(), free_port() if certificate else 0)
        config = _write_config(server, introspection, certificate)
        command: list[str | Path] = [binary, "-F", "-c", config]
        with running(command, folder, stop=signal.SIGTERM) as process:
            wait(lambda: _greets(server.port), process, "Dovecot")
            server.pid = process.pid
            yield server


def _write_config(
    server: Dovecot, introspection: str, certificate: tuple[Path, Path] | None
) -> Path:
    user, group = _unprivileged()
    lines = [
        f"ssl_{kind} = <{file}"
        for kind, file in zip(("cert", "key"), certificate or (), strict=False)
    ]
    for name in ("run", "state", "mail"):
        (server.folder / name).mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(server.folder / name, user, group)
    server.folder.chmod(0o755)
    (server.folder / "oauth2.conf").write_text(_OAUTH.format(introspection=introspection))
    config = server.folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=server.folder,
            ssl="yes" if certificate else "no",
            certificate="\n".join(lines),
            user=user,
            group=group,
            password=PASSWORD,
            port=server.port,
            tls_port=server.tls_port,
        )
    )
    return config


def _unprivileged() -> tuple[str, str]:
    """Dovecot reads no mail as root."""
    name = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    entry = pwd.getpwnam(name)
    return name, grp.getgrgid(entry.pw_gid).gr_name


def _greets(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2.0) as connection:
        return connection.recv(20).startswith(b"* OK")
    return False
