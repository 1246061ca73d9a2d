"""Dockerfile, compose.yaml and Procfile: what they start exists, and none of it may do much."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from flask_migrate.cli import db as migrating

from portal import config
from portal.cli.backups.backup import backup
from tests import guide
from tests.architecture.source import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text("utf-8").splitlines())
WAYS = (ROOT / "docs" / "ways-to-run.md").read_text("utf-8")
OURS = {name: made for name, made in SERVICES.items() if "build" in made}
PROGRAMS = {name for name, made in OURS.items() if made["command"][0] == "python"}

_STRINGS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_SECONDS = {"type": "string", "pattern": r"^\d+s$"}
# What we use of the Compose Specification: another word is misspelt, or belongs here.
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "profiles"],
    "properties": {
        "image": {"type": "string"},
        "build": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"context": {"const": "."}, "target": {"enum": ["desk", "backup"]}},
        },
        "profiles": {"type": "array", "items": {"enum": ["try", "desk", "mail", "backup"]}},
        "command": _STRINGS,
        "environment": _TEXTS,
        "env_file": {"const": [{"path": ".env", "required": False}]},
        "volumes": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+:/"}},
        "networks": _STRINGS,
        "network_mode": {"const": "host"},
        "ports": _STRINGS,
        "tmpfs": _STRINGS,
        "cap_drop": {"const": ["ALL"]},
        "security_opt": {"const": ["no-new-privileges:true"]},
        "restart": {"enum": ["no", "unless-stopped"]},
        "init": {"const": True},
        "read_only": {"const": True},
        "shm_size": {"type": "string", "pattern": r"^\d+m$"},
        "stop_grace_period": _SECONDS,
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["condition"],
                "properties": {
                    "condition": {
                        "enum": [
                            "service_started",
                            "service_healthy",
                            "service_completed_successfully",
                        ]
                    }
                },
            },
        },
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "disable": {"const": True},
                "test": _STRINGS,
                "interval": _SECONDS,
                "timeout": _SECONDS,
                "start_period": _SECONDS,
                "retries": {"type": "integer"},
            },
        },
        "configs": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["source", "target"],
                "properties": {"source": {"type": "string"}, "target": {"type": "string"}},
            },
        },
    },
}


def stages() -> dict[str, list[str]]:
    """The instructions of each stage, by its name, with those of the stage that it begins with."""
    joined = re.sub(r"(?m)^#.*\n|\\\n\s*", "", DOCKERFILE)
    found: dict[str, list[str]] = {}
    for line in filter(None, joined.splitlines()):
        if (begun := re.fullmatch(r"FROM (\S+) AS (\w+)", line)) is not None:
            found[begun[2]] = list(found.get(begun[1], []))
            lines = found[begun[2]]
        elif found:
            lines.append(line)
    return found


def of(stage: str, word: str) -> list[str]:
    return [
        line.removeprefix(f"{word} ") for line in stages()[stage] if line.startswith(f"{word} ")
    ]


def resolves(words: list[str]) -> bool:
    """Whether the command starts a program of ours, or an operator's command."""
    if words[:2] == ["python", "-m"] and len(words) == 3:
        return words[2].startswith("jobs.") and find_spec(words[2]) is not None
    actions = {"db": [*migrating.commands], backup.name: ["--help"]}
    *flask, command, action = words
    return flask == ["flask", "--app", "wsgi"] and action in actions[command]


@pytest.mark.parametrize("stage", ["desk", "backup"])
def test_an_image_runs_as_a_number_that_is_not_root(stage: str) -> None:
    user, group = of(stage, "USER")[-1].split(":")
    assert int(user) > 1000
    assert int(group) > 1000
    assert f"-m 700 -o {user} -g {group} /data" in " ".join(of(stage, "RUN"))


def test_what_is_built_without_a_target_is_the_desk() -> None:
    assert [*stages()][-1] == "desk"
    assert of("desk", "CMD")[-1] == '["python", "-m", "jobs.web"]'


def test_the_base_has_a_name_and_a_release_and_nothing_secret_is_given_to_a_build() -> None:
    arguments = re.findall(r"(?m)^\s*ARG (.+)$", DOCKERFILE)
    assert arguments == ["BASE=debian:bookworm-slim"]
    assert set(re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)) == {"${BASE}", "runtime"}
    for words in (of("desk", "ENV"), of("backup", "ENV")):
        assert not [name for name in config.SECRETS if name in " ".join(words)]


def test_packages_are_exact_wheels_and_nothing_is_installed_later() -> None:
    installs = [line for line in of("packages", "RUN") if "pip install" in line]
    assert len(installs) == DOCKERFILE.count("pip install") == 1
    assert {"--no-deps", "--only-binary", ":all:", "-r", "requirements.txt"} <= set(
        installs[0].split()
    )
    assert "pip uninstall --yes --quiet setuptools pip" in DOCKERFILE


def test_what_is_taken_out_of_packages_is_there_and_none_of_us_reads_it() -> None:
    packages = Path(yaml.__file__).parent.parent
    taken = re.findall(r"(?:phonenumbers|Crypto|sqlalchemy)/\w+", DOCKERFILE)
    assert len(taken) == 5
    assert all((packages / name).is_dir() for name in taken)
    ours = [*ROOT.glob("portal/**/*.py"), *ROOT.glob("jobs/**/*.py")]
    text = "\n".join(path.read_text("utf-8") for path in ours)
    assert not re.search(
        r"phonenumbers\.(geocoder|carrier|timezone)|import (geocoder|carrier)", text
    )


def test_what_is_compiled_in_the_image_exists() -> None:
    [line] = [line for line in of("desk", "RUN") if "import wsgi" in line]
    names = re.findall(r"[\w.]+", " ".join(re.findall(r"import ([\w., ]+)", line)))
    assert len(names) >= 8
    assert all(find_spec(name) is not None for name in names)


def test_an_image_says_whether_it_is_well() -> None:
    [check] = of("desk", "HEALTHCHECK")
    words = json.loads(check.partition("CMD ")[2])
    assert words[:2] == ["python", "-c"]
    compile(words[2], "check", "exec")
    assert "/health'" in words[2]
    assert "PORT=8000" in of("desk", "ENV")[0]
    assert "LISTEN=0.0.0.0:8000" in of("desk", "ENV")[0]


def test_only_what_is_named_goes_into_an_image() -> None:
    lines = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in "#"
    ]
    assert lines[0] == "*"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in let_in)
    first = {name.partition("/")[0] for name in let_in}
    assert not first & {"var", ".git", ".venv", ".env", "tests", "build", "requirements-dev.txt"}
    # Whatever a program reads at the root of the code is there.
    ours = [*ROOT.glob("portal/**/*.py"), *ROOT.glob("jobs/**/*.py")]
    read = {
        name
        for path in ours
        if path.name != "reference.py"
        for name in re.findall(r'ROOT / "(\w+)"', path.read_text("utf-8"))
    }
    assert read
    assert read <= first


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_nothing_that_compose_does_not_know(name: str) -> None:
    jsonschema.validate(SERVICES[name], SERVICE)


def test_names_in_the_compose_file_are_of_what_stands_in_it() -> None:
    assert {name for name in COMPOSE if not name.startswith("x-")} == {
        "name",
        "services",
        "configs",
        "networks",
        "volumes",
    }
    for name, made in SERVICES.items():
        assert set(made.get("networks", [])) <= set(COMPOSE["networks"]), name
        assert {v.partition(":")[0] for v in made.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert {c["source"] for c in made.get("configs", [])} <= set(COMPOSE["configs"])
        assert set(made.get("depends_on", {})) <= set(SERVICES), name


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_starts_a_program_that_there_is(name: str) -> None:
    assert resolves(OURS[name]["command"])


def test_each_process_of_the_procfile_starts_a_program_that_there_is() -> None:
    assert {"web", "worker", "streams", "mailboxes", "release"} == set(PROCFILE)
    assert all(resolves(line.split()) for line in PROCFILE.values())
    for name in PROCFILE.keys() - {"release"}:
        assert PROCFILE[name].split() == SERVICES[name]["command"]
    assert PROCFILE["release"].split() == SERVICES["upgrade"]["command"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_may_do_nothing_but_its_work(name: str) -> None:
    made = OURS[name]
    assert made["read_only"]
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in made
    assert "data:/data" in made["volumes"] or "try:/data" in made["volumes"]


def test_only_the_proxy_can_be_reached_and_the_queue_server_by_the_desk_alone() -> None:
    assert [name for name, made in SERVICES.items() if made.get("ports")] == ["caddy"]
    assert COMPOSE["networks"]["stores"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["stores"]
    near = {name for name, made in SERVICES.items() if "stores" in made.get("networks", [])}
    assert near == {*OURS, "postgres", "redis"} - {"try"}


def test_the_demonstration_listens_where_its_published_passwords_are_of_no_use_to_others() -> None:
    made = SERVICES["try"]
    assert made["command"] == ["python", "-m", "jobs.supervisor"]
    assert made["network_mode"] == "host"
    assert made["profiles"] == ["try"]
    assert "env_file" not in made
    assert [name for name, other in SERVICES.items() if "network_mode" in other] == ["try"]


def test_images_of_others_are_named_with_a_release() -> None:
    theirs = {made["image"] for name, made in SERVICES.items() if name not in OURS}
    assert theirs == {"postgres:15-bookworm", "valkey/valkey:8-bookworm", "caddy:2"}
    # pg_dump has to be as new as the server.
    assert "postgresql-client-15" in DOCKERFILE


def test_the_services_settings_are_understood_and_say_where_things_are() -> None:
    [settings] = {json.dumps(made["environment"]) for made in OURS.values() if "env_file" in made}
    given = {
        name: value.replace("${DATABASE_PASSWORD:-}", "secret")
        for name, value in json.loads(settings).items()
    }
    listed = re.findall(r"(?m)^(\w+)=", (ROOT / ".env.example").read_text("utf-8"))
    assert given.keys() <= set(listed)
    loaded = config.load({**given, "SECRET_KEY": "k" * 32, "BASE_URL": "https://help.example.com"})
    assert loaded["TRUSTED_PROXIES"] == 1
    assert "@postgres/lodge" in str(loaded["SQLALCHEMY_DATABASE_URI"])
    proxy = COMPOSE["configs"]["caddy"]["content"]
    assert f"reverse_proxy web:{given['LISTEN'].rpartition(':')[2]} " in proxy
    assert f"/streams/* streams:{given['STREAMS_LISTEN'].rpartition(':')[2]}\n" in proxy
    assert given["LISTEN"].endswith(f":{given['PORT']}")  # the health check asks there


def test_the_proxy_is_that_of_the_deploy_guide() -> None:
    proxy = COMPOSE["configs"]["caddy"]["content"].replace("$$", "$")
    for here, there in (
        ("${BASE_URL:-}", "help.example.com"),
        ("streams:8001", "unix//run/lodge/streams.sock"),
        ("web:8000", "unix//run/lodge/web.sock"),
    ):
        assert proxy.count(here) == 1
        proxy = proxy.replace(here, there)

    def bare(text: str) -> list[str]:
        lines = [line.strip() for line in text.splitlines()]
        return [line for line in lines if line and not line.startswith("#")]

    assert bare(proxy) == bare(guide.file("/etc/caddy/Caddyfile"))


def test_no_secret_stands_in_the_compose_file() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", text)) == {"DATABASE_PASSWORD", "BASE_URL", "PORT"}
    for name in ("SECRET_KEY", "ENCRYPTION_MASTER_KEY", "MAIL_URL"):
        assert name not in text
        assert f"{name}=" in WAYS


def test_the_page_of_ways_names_each_of_them() -> None:
    for words in ("make run", "systemd", "Procfile", *("--profile " + p for p in ("try", "desk"))):
        assert words in WAYS
    assert "ways-to-run.md" in (ROOT / "README.md").read_text("utf-8")
