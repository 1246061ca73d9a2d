"""The settings of the language model that helps staff to write: AI_URL, AI_MODEL, AI_KEY."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from portal import variables
from portal.errors import ConfigError

_ENDPOINT = "/chat/completions"
MAX_MODEL = 100
MAX_SECONDS = 120


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server that speaks OpenAI's chat completions. Its key is never shown."""

    url: str
    model: str
    key: str = field(repr=False, default="")

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


def model_server(env: Mapping[str, str]) -> ModelServer | None:
    """None where AI_URL is not set. Raises ConfigError."""
    url = env.get("AI_URL")
    if url is None:
        return None
    parts = urlsplit(url if variables.is_valid_url(url) else "")
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ConfigError(f"AI_URL has to be like https://api.deepseek.com/v1, not {url[:80]!r}")
    if parts.query or parts.fragment:
        raise ConfigError("AI_URL has to be without ? and #: the key stands in AI_KEY")
    model, key = (
        variables.required(env, "AI_MODEL", "a model of that server"),
        env.get("AI_KEY", ""),
    )
    if not model.isprintable() or len(model) > MAX_MODEL:
        raise ConfigError(f"AI_MODEL has to be a name of up to {MAX_MODEL} printable characters")
    # It becomes a header.
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError("AI_KEY has to be printable ASCII characters without spaces")
    path = url.rstrip("/")
    return ModelServer(path if path.endswith(_ENDPOINT) else path + _ENDPOINT, model, key)


def tokens_a_day(env: Mapping[str, str]) -> int:
    return variables.integer(env, "AI_TOKENS_A_DAY", 200_000)


def longest_call(env: Mapping[str, str]) -> timedelta:
    """After which a call of the model is broken off."""
    seconds = variables.integer(env, "AI_SECONDS", 30, least=5, most=MAX_SECONDS)
    return timedelta(seconds=seconds)


def organizations(env: Mapping[str, str]) -> str:
    """Whose tickets a model may read where an administrator has decided nothing."""
    return variables.one_of(env, "AI_ORGANIZATIONS", "chosen all")
