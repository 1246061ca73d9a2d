"""Values of settings that more than one rule decides about: an environment in, a value out.

Each function raises ConfigError, one line that begins with the setting's name. Which settings there
are is `portal.config`'s business; plain values are read by `portal.variables`. What may be changed
on pages (`portal.settings`) is read here as well: a stored text is an environment of one name.
"""

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal import inbound_url as inbound_urls
from portal import variables
from portal.errors import ConfigError
from portal.path_urls import from_path
from portal.product import DEFAULT_NAME, Product, read_accent, read_logo, read_name

MEGABYTE = 1024 * 1024
MAX_DOMAINS = 100
_EVER = 36_500
LANGUAGES = ("en", "ru")
_STREAMS_LISTEN = re.compile(
    r"unix:/[^\0?#]+|fd://\d{1,5}|(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})"
)
ACTIONS = ("type", "department", "priority", "tags")
SUGGESTIONS = (*ACTIONS, "answers", "reply", "tone")
_ORIGIN = re.compile(
    r"https?://([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:.]+\])(:\d{1,5})?", re.ASCII
)
_LABEL = r"[^\W_]([\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")


def base_url(env: Mapping[str, str]) -> str:
    url = variables.required(
        env, "BASE_URL", "the address people type, such as https://help.example.com"
    )
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise ConfigError(f"BASE_URL has to be like https://help.example.com, not {url!r}")
    return f"{parts.scheme}://{parts.netloc}"


def product(env: Mapping[str, str], root: Path) -> Product:
    """Name, logo and colour of the desk; a relative path of the logo starts at `root`."""
    logo, accent = env.get("PRODUCT_LOGO"), env.get("PRODUCT_ACCENT")
    return Product(
        name=read_name(env.get("PRODUCT_NAME", DEFAULT_NAME)),
        logo=read_logo(root / logo) if logo else None,
        accent=read_accent(accent) if accent else None,
    )


def timezone(env: Mapping[str, str]) -> str:
    """The zone in which the desk's days begin."""
    name = env.get("DESK_TIMEZONE") or "UTC"
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"DESK_TIMEZONE has to be like Europe/Berlin, not {name!r}"
        raise ConfigError(message) from None


def trusted_hosts(env: Mapping[str, str], base_url: str) -> list[str]:
    named = variables.comma_separated(env, "TRUSTED_HOSTS")
    own = urlsplit(base_url).hostname or ""
    loopback = ["localhost", "127.0.0.1"] if own in {"localhost", "127.0.0.1"} else []
    return list(dict.fromkeys([own, *loopback, *named]))


def cors_origins(env: Mapping[str, str]) -> list[str]:
    origins = variables.comma_separated(env, "CORS_ORIGINS")
    for origin in origins:
        parts = urlsplit(origin)
        whole = parts.scheme in {"http", "https"} and parts.hostname is not None
        if origin != "*" and not (whole and f"{parts.scheme}://{parts.netloc}" == origin):
            raise ConfigError(f"CORS_ORIGINS has to be like https://shop.example, not {origin!r}")
    return origins


def redis_url(env: Mapping[str, str], folder: Path) -> str:
    url = env.get("REDIS_URL") or queue_url(folder / "run" / "queue.sock")
    if not url.startswith(("redis://", "rediss://", "unix://")) or not variables.is_valid_url(url):
        raise ConfigError("REDIS_URL has to begin with redis://, rediss:// or unix://")
    return url


def queue_url(socket: Path) -> str:
    """The URL of a queue server that listens on that socket."""
    return from_path("unix://", socket) + "?db=0"


def mail_url(env: Mapping[str, str], folder: Path) -> str:
    url = env.get("MAIL_URL")
    if url is None:
        return from_path("folder://", folder / "outbox")
    # Imported late. Opened only to find mistakes now instead of at each use.
    from portal.mail.transport import open_transport

    open_transport(url)
    return url


def sentry_dsn(env: Mapping[str, str]) -> str | None:
    """SENTRY_DSN, checked for its form without loading Sentry's client."""
    dsn = env.get("SENTRY_DSN")
    if dsn is None:
        return None
    parts = urlsplit(dsn if variables.is_valid_url(dsn) else "")
    project = parts.path.rpartition("/")[2]
    whole = parts.scheme in {"http", "https"} and parts.hostname and parts.username
    if not whole or not (project.isascii() and project.isdigit()):
        raise ConfigError("SENTRY_DSN has to be like https://key@sentry.example.com/1")
    return dsn


def second_factor_roles(env: Mapping[str, str]) -> list[str]:
    roles = variables.comma_separated(env, "REQUIRE_SECOND_FACTOR")
    if set(roles) - {"customer", "staff", "admin"}:
        raise ConfigError("REQUIRE_SECOND_FACTOR has to name roles: customer, staff, admin")
    return roles


def mail_from(env: Mapping[str, str]) -> str:
    return variables.mailbox(env, "MAIL_FROM", "support@localhost.localdomain")


def support_email(env: Mapping[str, str]) -> str:
    return variables.mailbox(env, "SUPPORT_EMAIL", "support@localhost.localdomain")


def quoted_messages(env: Mapping[str, str]) -> int:
    return variables.integer(env, "MAIL_QUOTED_MESSAGES", 0, most=20)


def mail_attachments_bytes(env: Mapping[str, str]) -> int:
    # Servers refuse more than 25 MB, of which the encoding takes a third.
    return MEGABYTE * variables.integer(env, "MAIL_ATTACHMENTS_MEGABYTES", 5, most=18)


def undo_send(env: Mapping[str, str]) -> timedelta:
    return timedelta(seconds=variables.integer(env, "UNDO_SEND_SECONDS", 15, most=60))


def log_retention(env: Mapping[str, str]) -> timedelta:
    return timedelta(days=variables.integer(env, "LOG_RETENTION_DAYS", 365, most=_EVER))


def ticket_retention(env: Mapping[str, str]) -> timedelta | None:
    """How long closed tickets are kept; None: for ever."""
    return timedelta(days=variables.integer(env, "TICKET_RETENTION_DAYS", 0, most=_EVER)) or None


def trash_retention(env: Mapping[str, str]) -> timedelta | None:
    """How long tickets stay in the trash; None: for ever."""
    return timedelta(days=variables.integer(env, "TRASH_RETENTION_DAYS", 0, most=_EVER)) or None


def raw_mail_retention(env: Mapping[str, str]) -> timedelta | None:
    """How long mails are kept as they came; None: for ever."""
    return timedelta(days=variables.integer(env, "RAW_MAIL_RETENTION_DAYS", 90, most=_EVER)) or None


def inbound_url(env: Mapping[str, str]) -> inbound_urls.InboundUrl | None:
    url = env.get("INBOUND_URL")
    return None if url is None else inbound_urls.parse(url)


def inbound_authserv(env: Mapping[str, str]) -> str:
    """The mail server whose `Authentication-Results` are believed; none by default."""
    name = env.get("INBOUND_AUTHSERV", "").strip().lower()
    if not re.fullmatch(r"[a-z0-9._-]{0,253}", name, re.ASCII):
        raise ConfigError(f"INBOUND_AUTHSERV has to be like mx.example.com, not {name[:40]!r}")
    return name


def streams_listen(env: Mapping[str, str]) -> str | None:
    """Where the process of streams listens: `unix:/path`, `host:port`, `fd://3`; None: no such."""
    text = env.get("STREAMS_LISTEN")
    if text is None:
        return None
    found = _STREAMS_LISTEN.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 1) < 65536:
        like = "unix:/run/lodge/streams.sock or 127.0.0.1:8001"
        raise ConfigError(f"STREAMS_LISTEN has to be like {like}, not {text[:60]!r}")
    return text


def streams_url(env: Mapping[str, str]) -> str:
    """The origin under which browsers reach it; empty: the desk's own."""
    url = env.get("STREAMS_URL", "")
    # It stands in a header of each page, where other letters than ASCII's are none.
    if url and not (_ORIGIN.fullmatch(url) and variables.is_valid_url(url)):
        raise ConfigError(f"STREAMS_URL has to be like https://help.example.com, not {url[:60]!r}")
    return url


def export_retention(env: Mapping[str, str]) -> timedelta:
    return timedelta(days=variables.integer(env, "EXPORT_RETENTION_DAYS", 7, least=1, most=90))


def registration(env: Mapping[str, str]) -> str:
    return variables.one_of(env, "REGISTRATION", "confirmed open invited")


def department_choice(env: Mapping[str, str]) -> bool:
    """Whether customers choose a department."""
    return variables.flag(env, "DEPARTMENT_CHOICE", default=False)


def type_choice(env: Mapping[str, str]) -> bool:
    """Whether customers choose a type."""
    return variables.flag(env, "TYPE_CHOICE", default=False)


def assistance_suggestions(env: Mapping[str, str]) -> list[str]:
    """What is suggested beside a ticket; nothing: assistance is off."""
    words = variables.comma_separated(env, "ASSISTANCE_SUGGESTIONS")
    return _some_of(SUGGESTIONS, words, "ASSISTANCE_SUGGESTIONS")


def assistance_actions(env: Mapping[str, str]) -> list[str]:
    """What of a new ticket the desk sets by itself."""
    words = variables.comma_separated(env, "ASSISTANCE_ACTIONS")
    return _some_of(ACTIONS, words, "ASSISTANCE_ACTIONS")


def assistance_shown_from(env: Mapping[str, str]) -> int:
    """How many percent of suggestions have to have been right to show one."""
    return variables.integer(env, "ASSISTANCE_SHOWN_FROM", 50, most=99)


def assistance_acts_from(env: Mapping[str, str]) -> int:
    """The same to act by itself."""
    return variables.integer(env, "ASSISTANCE_ACTS_FROM", 90, least=50, most=100)


def _some_of(known: tuple[str, ...], words: list[str], name: str) -> list[str]:
    if set(words) - set(known):
        raise ConfigError(f"{name} has to name some of {', '.join(known)}")
    return list(dict.fromkeys(words))


def registration_domains(env: Mapping[str, str]) -> list[str]:
    """Domains whose addresses may open accounts; none: all may."""
    domains = [_domain(name) for name in variables.comma_separated(env, "REGISTRATION_DOMAINS")]
    if len(domains) > MAX_DOMAINS:
        raise ConfigError(f"REGISTRATION_DOMAINS has to be at most {MAX_DOMAINS} domains")
    return list(dict.fromkeys(domains))


def _domain(text: str) -> str:
    """In lower case and Unicode, as addresses are stored."""
    try:
        name = text.lower().removeprefix("@").encode("idna").decode("idna")
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise ConfigError(f"REGISTRATION_DOMAINS has to be like example.com, not {text[:40]!r}")
    return name


def languages(env: Mapping[str, str]) -> list[str]:
    """Languages that people may choose; the first is for those who want another."""
    known = variables.comma_separated(env, "LANGUAGES") if "LANGUAGES" in env else LANGUAGES
    if not known or set(known) - set(LANGUAGES):
        raise ConfigError(f"LANGUAGES has to name some of {', '.join(LANGUAGES)}")
    return list(dict.fromkeys(known))


def attachment_bytes(env: Mapping[str, str]) -> int:
    return MEGABYTE * variables.integer(env, "ATTACHMENT_MEGABYTES", 20, least=1, most=2000)


def attachment_count(env: Mapping[str, str]) -> int:
    return variables.integer(env, "ATTACHMENT_COUNT", 10, least=1, most=50)


def attachments_bytes(env: Mapping[str, str]) -> int:
    return MEGABYTE * variables.integer(env, "ATTACHMENTS_MEGABYTES", 50, least=1, most=5000)


def outbound_allow(env: Mapping[str, str]) -> frozenset[tuple[str, int]]:
    pairs = set()
    for text in variables.comma_separated(env, "OUTBOUND_ALLOW"):
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or not port or "@" in text or parts.netloc != text:
            raise ConfigError(f"OUTBOUND_ALLOW has to be host:port,host:port, not {text!r}")
        pairs.add((host, port))
    return frozenset(pairs)


def fernet_keys(env: Mapping[str, str]) -> list[str]:
    keys = variables.comma_separated(env, "ENCRYPTION_MASTER_KEY")
    for key in keys:
        try:
            wellformed = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            wellformed = False
        if not wellformed:
            raise ConfigError("ENCRYPTION_MASTER_KEY has to be Fernet keys: 32 bytes in base64url")
    return keys


def jwt_private_key(env: Mapping[str, str]) -> str:
    """The RSA key that signs access tokens, as PEM; empty when SECRET_KEY signs them."""
    path = env.get("JWT_KEY_FILE")
    if not path:
        return ""
    # Imported late: few set it, and it loads all of cryptography.
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        pem = Path(path).read_bytes()
        key = load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"JWT_KEY_FILE cannot be read as a private key: {error}") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        raise ConfigError("JWT_KEY_FILE has to hold an RSA key of 2048 bits or more")
    return pem.decode("ascii")
