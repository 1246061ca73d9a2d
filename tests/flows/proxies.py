"""nginx and Caddy as the deploy guide prints them, on loopback.

Of the guide's text only ports, paths and certificates are others here.
"""

import datetime
import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import guide
from tests.flows.process import Process
from tests.servers import free_port, short_folder
from tests.waiting import PATIENCE, wait_for

HOST = "help.example.com"
SOCKET, STREAMS = "/run/lodge/web.sock", "/run/lodge/streams.sock"
_NGINX_FILE, _CADDY_FILE = "/etc/nginx/conf.d/lodge.conf", "/etc/caddy/Caddyfile"
_NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/lodge.conf;
}}
"""


class Proxy:
    """A running one, which answers on `port` as HOST."""

    def __init__(self, port: int, folder: Path, process: Process) -> None:
        self.port, self._folder, self._process = port, folder, process

    def connect(self) -> ssl.SSLSocket:
        """Reach it as a browser would that trusts its certificate."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # In 1.3 something comes after the handshake, and looks like an answer to whoever waits.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return context.wrap_socket(plain, server_hostname=HOST)

    def logs(self) -> str:
        """All that it has written down."""
        files = [path for path in self._folder.glob("*.log") if path.is_file()]
        return "\n".join(path.read_text("utf-8", "replace") for path in files)

    def answers(self) -> bool:
        """Whether it takes connections by now. Fails when it has ended."""
        assert self._process.alive, self.logs()
        try:
            self.connect().close()
        except OSError:
            return False
        return True


@contextmanager
def proxy(name: str, upstream: Path, streams: str = "127.0.0.1:9") -> Iterator[Proxy]:
    """nginx or caddy in front of the unix socket `upstream`, and of `streams` at a port."""
    start = {"nginx": _nginx, "caddy": _caddy}[name]
    with short_folder(name) as folder:
        made = start(folder, upstream, streams)
        try:
            wait_for(made.answers, f"answering: {name}")
            yield made
        finally:
            made._process.kill()


def _program(name: str) -> str:
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        raise RuntimeError(f"no {name} on PATH: apt-get install {name}")
    return path


def _nginx(folder: Path, upstream: Path, streams: str) -> Proxy:
    port = free_port()
    certificate, key = _certificate(folder)
    text = guide.file(_NGINX_FILE).replace(SOCKET, str(upstream))
    text = text.replace(f"unix:{STREAMS}", streams)
    text = text.replace("[::]:443", f"[::1]:{port}").replace("[::]:80", f"[::1]:{port + 1}")
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 80", f"listen 127.0.0.1:{free_port()}")
    text = text.replace("/var/log/nginx/", f"{folder}/")
    live = f"/etc/letsencrypt/live/{HOST}"
    text = text.replace(f"{live}/fullchain.pem", str(certificate))
    text = text.replace(f"{live}/privkey.pem", str(key))
    (folder / "lodge.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user))
    command: list[str | Path] = [_program("nginx"), "-c", folder / "nginx.conf", "-p", folder]
    return _started(port, folder, command)


def _caddy(folder: Path, upstream: Path, streams: str) -> Proxy:
    port, redirects = free_port(), free_port()
    ours = f"""{{
    admin off
    skip_install_trust
    storage file_system {folder}/storage
    http_port {redirects}
    https_port {port}
    default_bind 127.0.0.1
    local_certs
"""
    text = guide.file(_CADDY_FILE).replace(SOCKET, str(upstream))
    text = text.replace(f"unix/{STREAMS}", streams)
    assert text.startswith("{\n")
    (folder / "Caddyfile").write_text(ours + text.removeprefix("{\n"))
    command: list[str | Path] = [
        *(_program("caddy"), "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile")
    ]
    return _started(port, folder, command)


def _started(port: int, folder: Path, command: list[str | Path]) -> Proxy:
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    process = Process(command, folder / "output.log", env={**os.environ, **home})
    process.start()
    return Proxy(port, folder, process)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """One that HOST has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
