"""Settings: what is believed, what is refused, in one line each."""

from pathlib import Path
from typing import Any

import pytest

from portal import config
from portal.errors import ConfigError
from portal.inbound_url import Fetching, Listening
from portal.storage import Account

ENOUGH = {
    "SECRET_KEY": "a secret",
    "BASE_URL": "https://help.example.com",
    "DATA_DIR": "/srv/lodge",
}


def load(**changed: str) -> dict[str, Any]:
    return config.load(ENOUGH | changed)


@pytest.mark.threat("secrets that can be guessed")
@pytest.mark.parametrize("name", ["SECRET_KEY", "BASE_URL"])
def test_a_server_without_it_does_not_start(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is not set"):
        config.load({key: value for key, value in ENOUGH.items() if key != name})


def test_everything_else_has_a_default_in_the_data_folder() -> None:
    settings = load()
    assert settings["SQLALCHEMY_DATABASE_URI"] == "sqlite:////srv/lodge/lodge.sqlite3"
    assert settings["REDIS_URL"] == "unix:///srv/lodge/run/queue.sock?db=0"
    assert settings["MAIL_URL"] == "folder:///srv/lodge/outbox"
    assert settings["FILES_URL"] == "file:///srv/lodge/files"


def test_a_relative_folder_starts_at_the_checkout() -> None:
    assert load(DATA_DIR="var")["DATA_DIR"] == config.ROOT / "var"


@pytest.mark.parametrize("url", ["postgres://u@h/d", "postgresql://u@h/d"])
def test_postgresql_is_reached_through_psycopg(url: str) -> None:
    assert load(DATABASE_URL=url)["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://u@h/d"


def test_pgbouncer_is_named_in_the_address_and_taken_out_of_it() -> None:
    given = load(
        DATABASE_URL="postgresql://u@h:6432/d?pgbouncer=1&sslmode=require",
        LOGS_DATABASE_URL="postgresql://u@h/logs?connect_timeout=5",
    )
    assert given["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://u@h:6432/d?sslmode=require"
    assert given["POOLED_DATABASES"] == ["DATABASE_URL"]
    assert session_of(given["SQLALCHEMY_ENGINE_OPTIONS"]) == {"prepare_threshold": None}
    [logs] = given["SQLALCHEMY_BINDS"].values()
    assert logs["url"] == "postgresql+psycopg://u@h/logs?connect_timeout=5"
    assert set(session_of(logs)) == {"options"}


def test_open_pages_take_none_of_the_threads_that_answer() -> None:
    usual, more = load(), load(WEB_STREAMS="200")
    assert (usual["WEB_THREADS"], usual["WEB_STREAMS"]) == (32, 64)
    assert (more["WEB_THREADS"], more["WEB_STREAMS"]) == (32, 200)


@pytest.mark.parametrize("query", ["?pgbouncer=0", "?", ""])
def test_without_pgbouncer_the_session_is_ours(query: str) -> None:
    given = load(DATABASE_URL=f"postgresql://u@h/d{query}")
    assert given["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://u@h/d"
    assert given["POOLED_DATABASES"] == []
    assert set(session_of(given["SQLALCHEMY_ENGINE_OPTIONS"])) == {"options"}


def session_of(engine: dict[str, Any]) -> dict[str, Any]:
    """What a connection says of itself beyond who and where."""
    common = ("connect_timeout", "tcp_user_timeout", "keepalives_idle", "application_name")
    return {key: value for key, value in engine["connect_args"].items() if key not in common}


def test_a_process_has_a_connection_to_postgresql_for_a_few_threads_and_a_file_for_each() -> None:
    def most(**changed: str) -> int:
        engine: Any = load(**changed)["SQLALCHEMY_ENGINE_OPTIONS"]
        return int(engine["pool_size"] + engine["max_overflow"])

    postgresql = {"DATABASE_URL": "postgresql://u@h/d"}
    assert most(**postgresql) == 8
    assert most(**postgresql, DATABASE_POOL="3", WEB_THREADS="64") == 3
    assert most(WEB_THREADS="64", DATABASE_POOL="3") > 64


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "help.example.com"),
        ("BASE_URL", "ftp://help.example.com"),
        ("BASE_URL", "https://help.example.com/desk"),
        ("DATABASE_URL", "mysql://here"),
        ("DATABASE_URL", "postgresql://here/lodge?pgbouncer=perhaps"),
        ("DATABASE_POOL", "0"),
        ("TRUSTED_PROXIES", "one"),
        ("TRUSTED_PROXIES", "-1"),
        ("RATELIMIT_ENABLED", "perhaps"),
        ("OUTBOX_LEASE_SECONDS", "1.5"),
        ("MAIL_QUOTED_MESSAGES", "21"),
        ("MAIL_ATTACHMENTS_MEGABYTES", "19"),
        ("MAIL_QUOTED_MESSAGES", "-1"),
        ("REDIS_URL", "http://here"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("MAIL_FROM", "Lodge"),
        ("PRODUCT_NAME", "x" * 41),
        ("PRODUCT_NAME", " "),
        ("PRODUCT_NAME", "Birch\nBcc: b@example.com"),
        ("PRODUCT_NAME", "=?utf-8?q?Birch?="),
        ("PRODUCT_ACCENT", "green"),
        ("PRODUCT_ACCENT", "#12345"),
        ("PRODUCT_ACCENT", "#123;} body{display:none"),
        ("PRODUCT_LOGO", "static/img/none.svg"),
        ("PRODUCT_LOGO", "static/css"),
        ("PRODUCT_LOGO", "static/css/app.css"),
        ("PRODUCT_LOGO", "static/vendor/htmx.min.js"),
        ("SUPPORT_EMAIL", "support@"),
        ("SUPPORT_EMAIL", "a@example.com\nBcc: b@example.com"),
        ("WEB_WORKERS", "many"),
        ("WEB_WORKERS", "0"),
        ("WEB_THREADS", "-4"),
        ("WEB_THREADS", "9" * 5000),
        ("FILES_URL", "/srv/files"),
        ("S3_ACCESS_KEY_ID", "key without its secret"),
        ("MAIL_URL", "mail.example.com"),
        ("MAIL_URL", "smtp://mail.example.com:port"),
        ("INBOUND_URL", "127.0.0.1:24"),
        ("INBOUND_URL", "pop3://mail.example.com"),
        ("INBOUND_URL", "lmtp://:24"),
        ("INBOUND_URL", "lmtp://127.0.0.1:port"),
        ("INBOUND_URL", "lmtp://127.0.0.1:0"),
        ("INBOUND_URL", "lmtp://127.0.0.1:24/INBOX"),
        ("INBOUND_URL", "lmtp://user:pass@127.0.0.1:24"),
        ("INBOUND_URL", "smtp://127.0.0.1"),
        ("INBOUND_URL", "smtp://127.0.0.1:2525?tls=1"),
        ("INBOUND_URL", "lmtp+unix://run/lodge/inbound.sock"),
        ("INBOUND_URL", "lmtp+unix:///"),
        ("INBOUND_URL", "lmtp+unix:///run/inbound.sock?mode=600"),
        ("INBOUND_URL", "imaps://mail.example.com/INBOX"),
        ("INBOUND_URL", "imaps://user:pass@mail.example.com?tls=0"),
        ("INBOUND_URL", "imap://user:pass@mail.example.com?folder=INBOX"),
        ("SENTRY_DSN", "https://sentry.example.com/1"),
        ("SENTRY_DSN", "https://key@sentry.example.com/"),
        ("SENTRY_DSN", "https://key@[sentry/1"),
        ("REDIS_URL", "redis://here:port/0"),
        ("DATABASE_URL", "postgresql://lodge@here:port/lodge"),
        ("LOGS_DATABASE_URL", "postgresql://lodge@here:port/lodge"),
        ("INITIAL_ADMIN_EMAIL", "root@example.com"),
        ("INITIAL_USER_PASSWORD", "without an address"),
    ],
)
def test_a_value_that_cannot_be_understood_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as refused:
        load(**{name: value})
    assert "\n" not in str(refused.value)


BUCKET = {"S3_ACCESS_KEY_ID": "id", "S3_SECRET_ACCESS_KEY": "secret"}


def test_the_server_of_a_bucket_is_that_of_its_region_unless_it_is_named() -> None:
    assert load()["S3_ACCOUNT"] is None
    aws = load(**BUCKET, S3_REGION="eu-central-1")["S3_ACCOUNT"]
    assert aws == Account(
        "https://s3.eu-central-1.amazonaws.com", "eu-central-1", "id", "secret", links=False
    )
    own = load(**BUCKET, S3_ENDPOINT="http://10.0.0.1:9000/", S3_DOWNLOADS="link")["S3_ACCOUNT"]
    assert own == Account("http://10.0.0.1:9000", "us-east-1", "id", "secret", links=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3_ENDPOINT", "s3.example.com"),
        ("S3_ENDPOINT", "https://id:secret@s3.example.com"),
        ("S3_ENDPOINT", "https://s3.example.com/bucket"),
        ("S3_DOWNLOADS", "maybe"),
        ("FILES_URL", "s3://Bucket"),
    ],
)
def test_what_leads_to_no_bucket_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}"):
        load(**BUCKET, **{name: value})


def test_the_secret_of_a_bucket_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    given = config.environment({**ENOUGH, "S3_SECRET_ACCESS_KEY_FILE": str(tmp_path / "key")})
    assert given["S3_SECRET_ACCESS_KEY"] == "from a file"


def test_addresses_of_servers_are_taken_as_they_are_written() -> None:
    given = {
        "FILES_URL": "file:///srv/files",
        "MAIL_URL": "smtp://user:pass%2F@mail.example.com:587?tls=0",
        "SENTRY_DSN": "https://key@sentry.example.com/1",
    }
    assert {name: load(**given)[name] for name in given} == given


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("lmtp://127.0.0.1", Listening("lmtp", host="127.0.0.1", port=24)),
        ("lmtp://[::1]:2424", Listening("lmtp", host="::1", port=2424)),
        ("smtp://0.0.0.0:2525", Listening("smtp", host="0.0.0.0", port=2525)),
        (
            "lmtp+unix:///run/my%20desk/inbound.sock",
            Listening("lmtp", path=Path("/run/my desk/inbound.sock")),
        ),
        (
            "imaps://desk%40example.com:p%2Fw@mail.example.com",
            Fetching("mail.example.com", 993, "tls", "desk@example.com", "p/w"),
        ),
        (
            "imap://desk:pw@mail.example.com:1143/Support/New%20mail",
            Fetching("mail.example.com", 1143, "starttls", "desk", "pw", "Support/New mail"),
        ),
        (
            "imap://desk:pw@127.0.0.1?tls=0",
            Fetching("127.0.0.1", 143, "none", "desk", "pw"),
        ),
    ],
)
def test_mail_comes_in_as_the_address_says(url: str, meant: object) -> None:
    assert load(INBOUND_URL=url)["INBOUND_URL"] == meant
    assert load()["INBOUND_URL"] is None


def test_a_password_of_a_mailbox_is_not_shown_by_accident() -> None:
    assert "hush" not in repr(load(INBOUND_URL="imaps://desk:hush@mail.example.com"))
    with pytest.raises(ConfigError) as refused:
        load(INBOUND_URL="imaps://desk:hush@mail.example.com?tls=0")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("lmtp+unix:///run/inbound.sock", True),
        ("lmtp://127.0.0.5:24", True),
        ("lmtp://[::1]:24", True),
        ("lmtp://localhost:24", True),
        ("lmtp://0.0.0.0:24", False),
        ("smtp://mail.example.com:2525", False),
    ],
)
def test_what_listens_on_loopback_is_for_this_machine_alone(url: str, is_private: bool) -> None:
    assert load(INBOUND_URL=url)["INBOUND_URL"].is_private is is_private


@pytest.mark.parametrize("level", ["debug", "DEBUG"])
def test_words_may_be_written_in_any_case(level: str) -> None:
    assert load(LOG_LEVEL=level, LOG_FORMAT="JSON")["LOG_LEVEL"] == "DEBUG"
    assert load(LOG_LEVEL=level, LOG_FORMAT="JSON")["LOG_FORMAT"] == "json"


def test_a_mail_address_may_carry_a_name() -> None:
    named = "Поддержка <support@desk.local>"
    assert load(MAIL_FROM=named)["MAIL_FROM"] == named


def test_cookies_are_bound_to_this_host_and_to_tls() -> None:
    settings = load()
    assert settings["SESSION_COOKIE_NAME"] == "__Host-lodge"
    assert settings["SESSION_COOKIE_SECURE"] is True


def test_without_tls_cookies_still_work() -> None:
    settings = load(BASE_URL="http://127.0.0.1:8000")
    assert settings["SESSION_COOKIE_NAME"] == "lodge"
    assert settings["SESSION_COOKIE_SECURE"] is False


def test_the_own_host_is_trusted_and_loopback_only_for_loopback() -> None:
    assert load()["TRUSTED_HOSTS"] == ["help.example.com"]
    assert load(TRUSTED_HOSTS="a.example, b.example")["TRUSTED_HOSTS"] == [
        "help.example.com",
        "a.example",
        "b.example",
    ]
    assert load(BASE_URL="http://127.0.0.1:8000")["TRUSTED_HOSTS"] == ["127.0.0.1", "localhost"]


@pytest.mark.threat("secrets that can be guessed")
def test_known_passwords_exist_in_a_try_out_alone() -> None:
    assert load()["INITIAL_ACCOUNTS"] == {}
    demo = load(LODGE_DEMO="1")["INITIAL_ACCOUNTS"]
    assert demo == config.DEMO_ACCOUNTS


def test_a_try_out_opens_accounts_at_once_unless_it_is_told_otherwise() -> None:
    assert load()["REGISTRATION"] == "confirmed"
    assert load(LODGE_DEMO="1")["REGISTRATION"] == "open"
    assert load(LODGE_DEMO="1", REGISTRATION="invited")["REGISTRATION"] == "invited"
    with pytest.raises(ConfigError, match="REGISTRATION"):
        load(REGISTRATION="closed")


def test_chosen_accounts_stand_in_for_known_ones() -> None:
    chosen = {"INITIAL_ADMIN_EMAIL": "root@example.com", "INITIAL_ADMIN_PASSWORD": "well chosen"}
    accounts = load(LODGE_DEMO="1", **chosen)["INITIAL_ACCOUNTS"]
    assert isinstance(accounts, dict)
    assert accounts["admin"] == ("root@example.com", "well chosen")
    assert accounts["staff"] == config.DEMO_ACCOUNTS["staff"]
    assert load(**chosen)["INITIAL_ACCOUNTS"] == {"admin": ("root@example.com", "well chosen")}


@pytest.mark.parametrize("asked_by", [{"LODGE_DEMO": "1"}, {"FLASK_RUN_FROM_CLI": "true"}])
def test_a_try_out_s_keys_are_believed_by_it_and_by_commands(
    tmp_path: Path, asked_by: dict[str, str]
) -> None:
    (tmp_path / config.DEMO_FILE).write_text("SECRET_KEY='from the file'\nBASE_URL='http://a'\n")
    env = config.environment({"DATA_DIR": str(tmp_path), "BASE_URL": "http://b", **asked_by})
    assert (env["SECRET_KEY"], env["BASE_URL"]) == ("from the file", "http://b")


def test_a_try_out_s_keys_are_not_believed_by_a_server(tmp_path: Path) -> None:
    (tmp_path / config.DEMO_FILE).write_text("SECRET_KEY='from the file'\n")
    assert "SECRET_KEY" not in config.environment({"DATA_DIR": str(tmp_path)})


def test_hosts_that_may_be_called_are_pairs_of_host_and_port() -> None:
    allowed = load(OUTBOUND_ALLOW="Hooks.local:8080, 10.0.0.5:80,[::1]:9000")["OUTBOUND_ALLOW"]
    assert allowed == {("hooks.local", 8080), ("10.0.0.5", 80), ("::1", 9000)}
    assert load()["OUTBOUND_ALLOW"] == frozenset()


@pytest.mark.parametrize(
    "text",
    ["hooks.local", "hooks.local:x", ":80", "http://hooks.local:80", "a@b:80", "a:0", "a:b:1"],
)
def test_a_host_that_may_be_called_has_a_port_and_nothing_else(text: str) -> None:
    with pytest.raises(ConfigError, match="OUTBOUND_ALLOW"):
        load(OUTBOUND_ALLOW=text)


@pytest.mark.parametrize("name", config.SECRETS)
def test_a_secret_may_be_in_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("of a file\n")
    assert config.environment({f"{name}_FILE": str(file), name: ""})[name] == "of a file"
    with pytest.raises(ConfigError, match=f"{name} and {name}_FILE are both set"):
        config.environment({f"{name}_FILE": str(file), name: "given"})


def test_a_file_without_the_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="MAIL_URL_FILE cannot be read") as refused:
        config.environment({"MAIL_URL_FILE": str(tmp_path / "none")})
    assert "\n" not in str(refused.value)


def test_an_empty_setting_is_none() -> None:
    assert "SECRET_KEY" not in config.environment({"SECRET_KEY": ""})


def test_streams_have_an_origin_that_may_stand_in_a_header():
    for url in ("https://streams.example.com", "http://127.0.0.1:8001", "https://[::1]:8001"):
        assert load(STREAMS_URL=url)["STREAMS_URL"] == url
    assert load()["STREAMS_URL"] == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://потоки.рф",
        "https://*.example.com",
        "https://a.com/",
        'https://a.com"x',
        "https://u@a.com",
        "https://a.com:99999",
        "ftp://a.com",
    ],
)
def test_what_is_no_origin_of_streams_is_refused(url: str):
    with pytest.raises(ConfigError, match="STREAMS_URL"):
        load(STREAMS_URL=url)
