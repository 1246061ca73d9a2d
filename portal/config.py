"""Settings: read once from the environment (and `.env`), checked, turned into Flask's config.

Every setting that an operator may touch is in `.env.example`. Nothing else reads `os.environ`.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from portal import database_url, model_settings, setting_values, storage_settings, variables
from portal.errors import ConfigError
from portal.installation import importing_packages
from portal.path_urls import from_path

ROOT = Path(__file__).resolve().parent.parent
DEMO_FILE = "demo.env"
MEGABYTE = 1024 * 1024
# Those that may be in files instead.
SECRETS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "ENCRYPTION_MASTER_KEY",
    "DATABASE_URL",
    "LOGS_DATABASE_URL",
    "REDIS_URL",
    "MAIL_URL",
    "INBOUND_URL",
    "S3_SECRET_ACCESS_KEY",
    "AI_KEY",
    "SENTRY_DSN",
    "INITIAL_ADMIN_PASSWORD",
    "INITIAL_STAFF_PASSWORD",
    "INITIAL_USER_PASSWORD",
)
# Published passwords: these accounts exist only under `make run`, on loopback.
DEMO_ACCOUNTS = {
    "admin": ("admin@company.com", "SecureAdminPass123!"),
    "staff": ("staff@company.com", "SecureStaffPass123!"),
    "customer": ("user@company.com", "SecureUserPass123!"),
}


def environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """All settings as text: process environment over `.env` over the demonstration's file.

    `make run` leaves random keys in `DATA_DIR/demo.env`. Only `make run` itself (`LODGE_DEMO=1`)
    and operator's commands (`flask --app wsgi …`) read them, never a production server: there a
    missing SECRET_KEY has to stop the start.
    """
    merged = variables.with_files(os.environ if environ is None else environ, SECRETS)
    if environ is None:
        merged = {**variables.with_files(read_file(ROOT / ".env"), SECRETS), **merged}
    if merged.get("LODGE_DEMO") == "1" or merged.get("FLASK_RUN_FROM_CLI") == "true":
        merged = {**read_file(data_dir(merged) / DEMO_FILE), **merged}
    return {k: v for k, v in merged.items() if v != ""}


def read_file(path: Path) -> dict[str, str]:
    """Read a file like `.env`; empty when there is no file."""
    with importing_packages():
        from dotenv import dotenv_values  # here, so that what is missing is said in one line
    return {name: value for name, value in dotenv_values(path).items() if value is not None}


def data_dir(env: Mapping[str, str]) -> Path:
    """The folder for database, files, mail and sockets; relative paths start at the checkout."""
    return (ROOT / env.get("DATA_DIR", "var")).resolve()


def load(env: Mapping[str, str] | None = None) -> dict[str, object]:
    """Flask's config from `env` (default: `environment()`).

    Raises ConfigError, one line, when a setting is missing or cannot be understood.
    """
    env = environment() if env is None else env
    folder = data_dir(env)
    base_url = setting_values.base_url(env)
    return {
        "BASE_URL": base_url,
        "DATA_DIR": folder,
        "PRODUCT": setting_values.product(env, ROOT),
        "DESK_TIMEZONE": setting_values.timezone(env),
        **_secrets(env),
        **_accounts(env),
        **_database(env, folder),
        **_servers(env, folder),
        **_network(env, base_url),
        **_logs(env),
        **web_server(env),
        **_uploads(env),
        **_model(env),
        **_retention(env),
        **_assistance(env),
        **_http(secure=base_url.startswith("https://")),
        **_FIXED,
    }


def _secrets(env: Mapping[str, str]) -> dict[str, object]:
    return {
        "SECRET_KEY": variables.required(env, "SECRET_KEY", "make one: openssl rand -hex 32"),
        "SECRET_KEY_FALLBACKS": variables.comma_separated(env, "SECRET_KEY_FALLBACKS"),
        "ENCRYPTION_MASTER_KEYS": setting_values.fernet_keys(env),
        "JWT_PRIVATE_KEY": setting_values.jwt_private_key(env),
    }


def _accounts(env: Mapping[str, str]) -> dict[str, object]:
    return {
        "DEMO": env.get("LODGE_DEMO") == "1",
        "INITIAL_ACCOUNTS": _initial_accounts(env),
        "REGISTRATION": _registration(env),
        "REGISTRATION_DOMAINS": setting_values.registration_domains(env),
        "REQUIRE_SECOND_FACTOR": setting_values.second_factor_roles(env),
        "LANGUAGES": setting_values.languages(env),
        "DEPARTMENT_CHOICE": setting_values.department_choice(env),
        "TYPE_CHOICE": setting_values.type_choice(env),
    }


def _assistance(env: Mapping[str, str]) -> dict[str, object]:
    return {
        "ASSISTANCE_SUGGESTIONS": setting_values.assistance_suggestions(env),
        "ASSISTANCE_ACTIONS": setting_values.assistance_actions(env),
        "ASSISTANCE_SHOWN_FROM": setting_values.assistance_shown_from(env),
        "ASSISTANCE_ACTS_FROM": setting_values.assistance_acts_from(env),
    }


def _servers(env: Mapping[str, str], folder: Path) -> dict[str, object]:
    """The queue server, mail and the file store."""
    return {
        "REDIS_URL": setting_values.redis_url(env, folder),
        "MAIL_URL": setting_values.mail_url(env, folder),
        "MAIL_FROM": setting_values.mail_from(env),
        "SUPPORT_EMAIL": setting_values.support_email(env),
        # None: mail is brought by a command or by the API, or not at all.
        "INBOUND_URL": setting_values.inbound_url(env),
        "INBOUND_AUTHSERV": setting_values.inbound_authserv(env),
        "MAIL_QUOTED_MESSAGES": setting_values.quoted_messages(env),
        "MAIL_ATTACHMENTS_BYTES": setting_values.mail_attachments_bytes(env),
        "UNDO_SEND": setting_values.undo_send(env),
        "FILES_URL": storage_settings.files_url(env, folder),
        "S3_ACCOUNT": storage_settings.account(env),
        "OUTBOX_LEASE": timedelta(seconds=variables.integer(env, "OUTBOX_LEASE_SECONDS", 120)),
        # None: doctor and metrics do not look at the age of backups.
        "BACKUP_MAX_AGE": timedelta(hours=variables.integer(env, "BACKUP_MAX_HOURS", 36)) or None,
    }


def _retention(env: Mapping[str, str]) -> dict[str, object]:
    """How long things are kept; None: for ever."""
    return {
        "LOG_RETENTION": setting_values.log_retention(env),
        "TICKET_RETENTION": setting_values.ticket_retention(env),
        "TRASH_RETENTION": setting_values.trash_retention(env),
        "RAW_MAIL_RETENTION": setting_values.raw_mail_retention(env),
        "EXPORT_RETENTION": setting_values.export_retention(env),
    }


def _model(env: Mapping[str, str]) -> dict[str, object]:
    """The language model that helps staff to write; None: there is none."""
    return {
        "AI": model_settings.model_server(env),
        "AI_TOKENS_A_DAY": model_settings.tokens_a_day(env),
        "AI_LONGEST_CALL": model_settings.longest_call(env),
        "AI_ORGANIZATIONS": model_settings.organizations(env),
    }


def _uploads(env: Mapping[str, str]) -> dict[str, object]:
    """Limits of the files of one message."""
    return {
        "ATTACHMENT_BYTES": setting_values.attachment_bytes(env),
        "ATTACHMENT_COUNT": setting_values.attachment_count(env),
        "ATTACHMENTS_BYTES": setting_values.attachments_bytes(env),
    }


def _network(env: Mapping[str, str], base_url: str) -> dict[str, object]:
    return {
        "TRUSTED_PROXIES": variables.integer(env, "TRUSTED_PROXIES", 0),
        "TRUSTED_HOSTS": setting_values.trusted_hosts(env, base_url),
        "CORS_ORIGINS": setting_values.cors_origins(env),
        "OUTBOUND_ALLOW": setting_values.outbound_allow(env),
        # None: open pages have streams of the web processes alone.
        "STREAMS_LISTEN": setting_values.streams_listen(env),
        "STREAMS_URL": setting_values.streams_url(env),
        "RATELIMIT_ENABLED": variables.flag(env, "RATELIMIT_ENABLED", default=True),
        "RATELIMIT_HEADERS_ENABLED": True,  # Retry-After beside every 429
    }


def _logs(env: Mapping[str, str]) -> dict[str, object]:
    """Logs, metrics and error reports."""
    return {
        "LOG_LEVEL": variables.one_of(env, "LOG_LEVEL", _LEVELS).upper(),
        "LOG_FORMAT": variables.one_of(env, "LOG_FORMAT", "text json"),
        "METRICS_DIR": env.get("PROMETHEUS_MULTIPROC_DIR"),
        "SENTRY_DSN": setting_values.sentry_dsn(env),
    }


def web_server(env: Mapping[str, str]) -> dict[str, int]:
    """Numbers of web processes, and of threads and streams in each. Raises ConfigError."""
    return {
        "WEB_WORKERS": variables.integer(env, "WEB_WORKERS", 2, least=1),
        "WEB_THREADS": variables.integer(env, "WEB_THREADS", 32, least=1),
        # A stream to an open page holds a thread of its own, which only sleeps.
        "WEB_STREAMS": variables.integer(env, "WEB_STREAMS", 64),
    }


_LEVELS = "INFO DEBUG WARNING ERROR CRITICAL"
# Only tests change these.
_FIXED: dict[str, object] = {
    "BCRYPT_ROUNDS": 12,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_IDLE": timedelta(days=30),
    "REFRESH_TOKEN_ABSOLUTE": timedelta(days=90),
    "API_LIMIT": "600 per minute",
    "DEPARTMENTS": (),  # of a desk that has none
    # Of a desk that has not changed them: key, name, whether it is offered.
    "TYPES": tuple((key, "", True) for key in ("incident", "request", "problem", "change")),
    "READ_ONLY": None,  # of a desk that takes changes
    "API_LOG_SECONDS": 1.0,  # interval between writes
}


def _initial_accounts(env: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Address and password of the first account of each role; `make run` has known ones."""
    demo = DEMO_ACCOUNTS if env.get("LODGE_DEMO") == "1" else {}
    accounts = {}
    for role, word in (("admin", "ADMIN"), ("staff", "STAFF"), ("customer", "USER")):
        email, password = env.get(f"INITIAL_{word}_EMAIL"), env.get(f"INITIAL_{word}_PASSWORD")
        if bool(email) != bool(password):
            raise ConfigError(f"INITIAL_{word}_EMAIL and INITIAL_{word}_PASSWORD go together")
        if email and password:
            accounts[role] = (email, password)
        elif role in demo:
            accounts[role] = demo[role]
    return accounts


def _registration(env: Mapping[str, str]) -> str:
    """How accounts are opened. Under `make run` at once, because no mail arrives there."""
    if env.get("LODGE_DEMO") == "1" and "REGISTRATION" not in env:
        return "open"
    return setting_values.registration(env)


def _http(*, secure: bool) -> dict[str, object]:
    return {
        # A `__Host-` cookie is bound to this host and to TLS (ASVS 5.0 3.3.1, 3.3.3).
        "SESSION_COOKIE_NAME": "__Host-lodge" if secure else "lodge",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "SESSION_IDLE": timedelta(hours=12),
        "SESSION_IDLE_REMEMBERED": timedelta(days=30),
        "SESSION_ABSOLUTE": timedelta(days=90),
        "WTF_CSRF_TIME_LIMIT": None,  # the token lives as long as the session that signed it
        "WTF_CSRF_CHECK_DEFAULT": True,
        # A page's form: text only. Routes that take files raise their own limit.
        "MAX_CONTENT_LENGTH": 1 * MEGABYTE,
        # So that the field says that its text is too long, and keeps it.
        "MAX_FORM_MEMORY_SIZE": 1 * MEGABYTE,
        "MAX_FORM_PARTS": 100,
        "SEND_FILE_MAX_AGE_DEFAULT": 0,
    }


def _database(env: Mapping[str, str], folder: Path) -> dict[str, object]:
    pool = {
        "connections": variables.integer(env, "DATABASE_POOL", 8, least=1),
        "threads": web_server(env)["WEB_THREADS"],
    }
    main = database_url.parse(
        "DATABASE_URL",
        env.get("DATABASE_URL") or from_path("sqlite:///", folder / "lodge.sqlite3"),
        **pool,
    )
    pooled = ["DATABASE_URL"] if main.pooled else []
    binds = {}
    if text := env.get("LOGS_DATABASE_URL"):
        logs = database_url.parse("LOGS_DATABASE_URL", text, **pool)
        # The same one under its own name: two pools would wait for each other's locks.
        if logs.url != main.url:
            binds["logs"] = {"url": logs.url, **logs.options}
            pooled += ["LOGS_DATABASE_URL"] if logs.pooled else []
    return {
        "SQLALCHEMY_DATABASE_URI": main.url,
        "SQLALCHEMY_ENGINE_OPTIONS": main.options,
        "SQLALCHEMY_BINDS": binds,
        # The settings that lead to PgBouncer.
        "POOLED_DATABASES": pooled,
    }
